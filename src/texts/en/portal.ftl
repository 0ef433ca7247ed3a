# What citizens read in the portal. Arguments are put in as they are; dates, times and sizes come ready in words.

service-name = Brevbro
skip-to-content = Skip to content
language-switch = Language of the pages
main-menu = Main menu
footer = Messages from authorities, and your answers to them.
inbox = Inbox
settings = Settings
signed-in-as = Signed in as
sign-out = Sign out
sign-in = Sign in
sign-in-heading = Sign in to your mailbox
sign-in-lead = Here you read what authorities have sent you, and answer them.
sign-in-off = Nobody can sign in on this server yet: no identification service has been set up.
demo-about = This is a trial on your own machine. Choose whose mailbox to open; nobody is asked for a password.
demo-citizens = Test citizens
demo-none = There are no accounts yet.
account-waiting = mailbox not in use yet
unread = Unread
automatic = Automatic message
older = Older messages
newest = Newest messages
pages = Pages
inbox-empty = No messages yet. When an authority writes to you, the message comes here.
inbox-end = There are no older messages.
not-in-use = Your mailbox is not in use yet
not-in-use-about = Until you take it into use, authorities send you their messages on paper.
take-into-use = Take the mailbox into use
to-inbox = Inbox
no-subject = (no subject)
no-text = This message has no text.
from = From
date = Date
case-reference = Reference
postmaster-office = Mail to the postmaster
message-text = Text of the message
show-as-text = Show as plain text
show-earlier = Show the earlier messages
show-signature = Show the signature
show-hidden = Show text that the sender has hidden
open-text = Open the text on a page of its own
due = Answer by { $date }
due-past = The time to answer ended on { $date }
kind-decision = Decision
kind-notice = Notice
kind-request = Request for information
kind-message = Message
kind-reply = Reply
about-message = About this message
raw-about = The message, whole and exactly as it arrived:
raw-download = download the original
defects-about = Worth knowing about this message. The original has everything:
defect-message = The message: { $what }
defect-part = Part { $part }: { $what }
part-damaged = The file is damaged; what could be read of it is here.
part-inline = Shown in the text
conversation = Conversation
this-message = The message above
your-reply = Your reply
reply-to = Reply to { $office }
reply-text = Your message
reply-files = Attachments
reply-limits =
    { $count ->
        [one] Up to one file, { $size }.
       *[other] Up to { $count } files, { $size } in all.
    }
reply-promise = Your reply goes over an encrypted connection. You can follow here how far it has come.
send-reply = Send the reply
choose-again = Choose your files again: a page cannot keep them.
reply-off = The office takes no replies to this message. If you need to reach it, use the contact details in the message.
reply-nowhere = This message cannot be answered here: the office has no address for replies. Use the contact details in the message.
reply-saved = Your reply has been saved and is on its way.
reply-was-sent = Your reply has been sent.
not-sent-yet = Your reply has not been sent yet
reply-empty = Write a message, or attach a file.
reply-long = The text is longer than { $size }. Shorten it, or send it as a file.
files-many = You chose { $count } files; { $files } can go in one reply. Send the rest in another.
files-large = The files are more than { $size } together. Leave some out, or send them in another reply.
form-used = This form has been sent before, with another text or other files. If you want to send this as well, choose "{ $button }".
form-stale = The page was out of date. Read through your reply and choose "{ $button }".
fault-prefix = Error:
state-waiting = Waiting to be sent.
state-waiting-until = The next attempt is { $when }.
state-held = The administrators have paused it.
state-sending = Being sent.
state-sent = Sent.
state-sent-about = The office's mail server has received it.
state-failed = Not delivered.
state-unsure = Possibly delivered.
state-unsure-about = The connection broke before the office's server confirmed. It is tried again, in a way that lets the office recognise the same reply.
reason-last = At the last attempt: { $reason }
reason-address = The office's address does not exist. Use the contact details in the message.
reason-full = The office's mailbox is full. Send your reply again in a few days, or use the contact details in the message.
reason-size = The reply was too large for the office's mail server. Send fewer or smaller files.
reason-policy = The office's mail server did not accept the reply. Use the contact details in the message.
reason-busy = The office's mail server asked us to try later.
reason-unreached = The office's mail server could not be reached safely.
language = Language
language-about = Of these pages and of the notices that we send you.
notices = Send notices to
notices-about = E-mail addresses, one on each line, { $count } at most. A notice says that something has come, and from which office; never what it is about.
notices-many = There are more than { $count } addresses.
notice-wrong = Line { $line } is not an e-mail address. It should look like name@example.fi.
save = Save
saved = Your settings have been saved.
not-saved = Your settings have not been saved
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
date-long = { $day } { $month } { $year }
date-day = { $day } { $month }
date-moment = { $date } at { $time }
date-today = today { $time }
decimal-sign = .
size-kilobytes = { $size } kB
size-megabytes = { $size } MB
fault-not-found = There is no such page
fault-not-found-remedy = It does not exist, or it is not yours to see.
fault-sign-in = You are not signed in
fault-sign-in-remedy = Sign in and try again.
fault-forbidden = This is not allowed
fault-forbidden-remedy = The request came from another site, or you may not do this.
fault-token-needed = A bearer token is needed
fault-token-needed-remedy = A session cookie is enough to read; to change anything, send a token.
fault-reply-off = This message cannot be answered
fault-reply-off-remedy = The office takes no replies to it.
fault-key-reused = The key has been used for another reply
fault-key-reused-remedy = Choose a new Idempotency-Key for a new reply.
fault-too-large = What you sent is too large
fault-too-large-remedy = Send fewer or smaller files.
fault-media-type = This form of content is not taken here
fault-media-type-remedy = Look at the description of the interface for the right one.
fault-method = This cannot be done here
fault-method-remedy = The address exists, but not for this method.
fault-unreadable = The request could not be understood
fault-unreadable-remedy = Go back and try again.
fault-fields = Something needs to be corrected
fault-fields-remedy = See what is said of each field.
fault-timeout = That took too long
fault-timeout-remedy = Try again, with smaller files or a better connection.
fault-busy = There is too much to do just now
fault-busy-remedy = Try again in a moment. Nothing has been lost.
fault-unavailable = Your mailbox cannot be reached just now
fault-unavailable-remedy = Try again in a moment. Your messages are safe.
fault-internal = Something went wrong here
fault-internal-remedy = It is not your fault. Try again later.
attachments =
    { $count ->
        [one] 1 attachment
       *[other] { $count } attachments
    }
quoted-lines =
    { $count ->
        [one] Show the earlier message (1 line)
       *[other] Show the earlier message ({ $count } lines)
    }
defects =
    { $count ->
        [one] About this message (1 remark)
       *[other] About this message ({ $count } remarks)
    }
size-bytes =
    { $count ->
        [one] 1 byte
       *[other] { $count } bytes
    }
clock = { $hour }:{ $minute }
defect-no-headers = it has no header; all of it is shown as text
defect-header-8bit = a header field is not written in a known script; some characters may be wrong
defect-encoded-word-damaged = part of a header field is damaged
defect-field-repeated = a header field stands more than once; the last one holds
defect-from-missing = no author is named
defect-from-several = several authors are named
defect-date-unreadable = its date cannot be read; the time of arrival is shown
defect-due-date-unreadable = a due date in the subject is no date
defect-too-complex = it is built in too many pieces to show all of them; the original has them
defect-boundary-end-missing = its end is missing; it may have been cut off before it came here
defect-boundary-missing = the mark between its parts is missing; all of it is shown as one
defect-boundary-in-line = the mark between its parts stands in the wrong place
defect-blank-line-missing = the line between header and text is missing
defect-multipart-empty = it says that it has parts, and has none
defect-transfer-encoding-unknown = it is packed in an unknown way and is shown as it came
defect-transfer-encoding-damaged = it was damaged on its way; what could be read is shown
defect-charset-unknown = it is written in an unknown script; some characters may be wrong
defect-charset-wrong = it is not in the script that it names; some characters may be wrong
defect-control-characters = it has characters that cannot be shown; they were left out
defect-body-too-long = it is too long to show; the whole text is among the attachments
defect-html-too-complex = its layout is too involved to show; its text is shown
defect-remote-content-removed = pictures from the internet are not fetched, since the sender could see when you read
defect-active-content-removed = forms or programs in the text are not shown
defect-file-name-changed = a file's name was changed to one that is safe on your machine
defect-tnef = its attachments are packed in a form that only Outlook opens (winmail.dat)
unread-count =
    { $count ->
        [one] 1 unread message
       *[other] { $count } unread messages
    }
fault-language = The language is sv, fi or en.
fault-state = A mailbox can only be taken into use here: active.
admin = Administration
admin-overview = Overview
admin-outbox = Outbox
admin-trace = Trace a message
admin-trace-about = The id of an arrival, a record, a reply or an outbox item, the reference of a refusal, or a Message-ID.
admin-find = Find
admin-nothing = Nothing is known of it.
admin-none = None.
admin-door = Messages in
admin-records = Records in mailboxes
admin-messages = Messages taken
admin-syncs = Syncs they shared
admin-events = Events
admin-accounts = Accounts
admin-refusals = Refusals
admin-id = Id
admin-state = State
admin-to = To
admin-attempts = Attempts
admin-queued = Queued
admin-next = Next
admin-last = Last answer
admin-all = all
admin-held = held
admin-token = Admin's token
admin-token-about = Made on the gateway with
admin-token-wrong = This is no admin's token, or it has ended.
state-unsure-end = The connection broke before the office's server confirmed, and it is not tried again. Ask the office whether the reply has come.
see-reply = See the reply
