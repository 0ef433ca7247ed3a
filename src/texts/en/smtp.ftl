# What a clerk reads in a returned message, and what to do next. Keys are those of domain::status::Class.
no-such-mailbox = There is no mailbox at this address. Check the spelling; nobody has received the message.
account-not-in-use = This person does not receive mail from authorities here. Send it on paper.
check-characters = The address is mistyped: its check characters do not match. Compare it with the original and send again.
not-an-office = Only enrolled authorities can send here. If you are an authority, write to <postmaster> here to be enrolled.
tls-needed = Your organisation may send here only over an encrypted connection. Ask your mail administrator to use STARTTLS.
author-not-of-office = The From field must name one sender, at your own organisation. Send again from your own address.
spf = Your domain does not name the server that sent this as its own (SPF). Ask your mail administrator to send through your own servers, or to add this one.
dkim = The message has no valid signature of your organisation (DKIM). Ask your mail administrator to look at the signing.
dmarc = It cannot be proved that the message comes from the domain in its From field (DMARC). Ask your mail administrator to look at SPF and DKIM.
replay = The signed message comes by way of another server, and what it shows is not all signed, or old, or does not name this recipient. Write to the person yourself, from your own server.
dns = It cannot be checked just now that the message is yours. Your mail server will try again by itself.
login-needed = Log in first, with the name and password that your organisation was given.
login-failed = Name or password is wrong, or the password has expired. Ask your mail administrator for a new one.
too-many-logins = Too many logins with a wrong name or password from your network. Wait some minutes, then try again.
not-your-conversation = This conversation does not take your message. Write to the person's own address instead.
malware = The part "{ $part }" was found harmful. Remove it and send again.
executable = { $entry ->
    [none] The attachment "{ $part }"
   *[other] The file "{ $entry }" in the attachment "{ $part }"
  } is a program or a script, or starts one; such are not taken. Send the content as a document, such as a PDF.
macros = { $entry ->
    [none] The attachment "{ $part }"
   *[other] The file "{ $entry }" in the attachment "{ $part }"
  } holds macros, which are not taken. Save it without macros (such as .docx, .xlsx) or as a PDF, and send again.
encrypted-archive = { $entry ->
    [none] The attachment "{ $part }"
   *[other] The file "{ $entry }" in the attachment "{ $part }"
  } is protected by a password and cannot be looked into. Remove the password and send again; only the recipient reads the message.
unreadable-archive = { $entry ->
    [none] The archive "{ $part }"
   *[other] The archive "{ $entry }" in the attachment "{ $part }"
  } is damaged, or of a kind that cannot be looked into. Send the files one by one, or in a ZIP file without other archives in it.
not-scanned = { $limit ->
    [unknown] The attachment "{ $part }" ({ $size }) holds more than can be scanned for malware.
   *[other] The attachment "{ $part }" is { $size }; { $limit } is the most that can be scanned for malware.
  } Split it or make it smaller, and send again.
too-large = { $size ->
    [unknown] The message is too large; { $limit } is the most that is taken.
   *[other] The message is { $size }; { $limit } is the most that is taken.
  } Attachments grow by a third on their way. Send fewer or smaller ones, or several messages.
too-many-recipients = The message has too many recipients. Send it to the others in another message.
line-ends = The message has line ends that mail does not allow (a lone CR or LF). Ask your mail administrator to correct the program that sent it.
too-complex = The message has more parts, or deeper nested ones, than can be read. Send it with fewer attachments and forwarded messages.
undecryptable = The message is encrypted to a certificate whose key we do not have, or in a way that we cannot open. Send it unencrypted (the connection to us is encrypted) or encrypt it to the certificate of this service.
openpgp = The message is encrypted with OpenPGP, which this service cannot open. Send it unencrypted (the connection to us is encrypted) or encrypt it with S/MIME to the certificate of this service.
due-date = The due date "{ $read }" cannot be read. Write it with the year, as year-month-day, such as 2026-12-31, and send again.
due-date-past = The due date { $read } is over. Correct it and send again.
due-date-far = The due date { $read } lies more than { $years } years ahead. Correct it and send again.
due-date-no-request = Only a request can be due; here "{ $read }" stands with something else. Write [request year-month-day], or take the date out of the brackets, and send again.
tags-conflict = The message says both "{ $first }" and "{ $second }", in the address or in the subject's brackets. Leave one of them and send again.
citizens-conflict = The subject names two people after "to". Write one message to each.
automatic-mail = Automatic answers, receipts and delivery reports are not taken to people. If you wrote this yourself, change the subject and send again.
tag-decision = decision
tag-notice = notice
tag-request = request
tag-due = request { $date }
tag-case = case { $reference }
citizen-not-named = The message does not say whom it is for. Write the person's address in the subject, in brackets after "till", and send again.
storage-full = There is no space for the message just now. Your mail server will try again by itself.
unavailable = The message cannot be taken just now. Your mail server will try again by itself.
too-fast = Too many messages at a time. Your mail server will try again by itself.
loop = The message has been here before and goes in circles. Ask your mail administrator where it is forwarded.
shutting-down = The service is being restarted. Your mail server will try again by itself.
too-many-connections = Too many connections at a time. Your mail server will try again by itself.
too-many-of-network = Too many connections from your network. Your mail server will try again by itself.
