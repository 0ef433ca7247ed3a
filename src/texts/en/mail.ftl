# What leaves by e-mail: arrival notices. Never the subject or the content of what has come, and one link, to the front page.
notice-subject = You have a new message
notice-body =
    Hello,

    { $office } has sent you a message. Sign in to read it:

    { $portal }

    If in doubt, type the address yourself. We never ask for codes or passwords by e-mail.

    This notice was sent automatically and replies to it are not read. Answer the message itself after signing in.

    { $service }
