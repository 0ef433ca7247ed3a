# Det som medborgarna läser i portalen. Argument sätts in som de är; datum, tider och storlekar kommer färdiga i ord.

service-name = Brevbro
skip-to-content = Hoppa till innehållet
language-switch = Sidornas språk
main-menu = Huvudmeny
footer = Meddelanden från myndigheter, och dina svar till dem.
inbox = Inkorg
settings = Inställningar
signed-in-as = Inloggad som
sign-out = Logga ut
sign-in = Logga in
sign-in-heading = Logga in i din brevlåda
sign-in-lead = Här läser du det som myndigheterna har skickat dig, och svarar dem.
sign-in-off = Ingen kan logga in på den här servern ännu: ingen identifieringstjänst har tagits i bruk.
demo-about = Det här är ett prov på din egen dator. Välj vems brevlåda du öppnar; inget lösenord behövs.
demo-citizens = Testpersoner
demo-none = Det finns inga konton ännu.
account-waiting = brevlådan ännu inte i bruk
unread = Oläst
automatic = Automatiskt meddelande
older = Äldre meddelanden
newest = Nyaste meddelandena
pages = Sidor
inbox-empty = Inga meddelanden ännu. När en myndighet skriver till dig kommer meddelandet hit.
inbox-end = Det finns inga äldre meddelanden.
not-in-use = Din brevlåda är ännu inte i bruk
not-in-use-about = Tills du tar den i bruk skickar myndigheterna sina meddelanden till dig på papper.
take-into-use = Ta brevlådan i bruk
to-inbox = Till inkorgen
no-subject = (inget ämne)
no-text = Det här meddelandet har ingen text.
from = Från
date = Datum
case-reference = Diarienummer
postmaster-office = Post till postmästaren
message-text = Meddelandets text
show-as-text = Visa som ren text
show-earlier = Visa de tidigare meddelandena
show-signature = Visa underskriften
show-hidden = Visa text som avsändaren har dolt
open-text = Öppna texten på en egen sida
due = Svara senast { $date }
due-past = Svarstiden gick ut { $date }
kind-decision = Beslut
kind-notice = Tillkännagivande
kind-request = Begäran om uppgifter
kind-message = Meddelande
kind-reply = Svar
about-message = Om det här meddelandet
raw-about = Meddelandet, helt och precis som det kom:
raw-download = hämta originalet
defects-about = Det här är bra att veta om meddelandet. I originalet finns allt:
defect-message = Meddelandet: { $what }
defect-part = Del { $part }: { $what }
part-damaged = Filen är skadad; det som gick att läsa finns här.
part-inline = Visas i texten
conversation = Konversation
this-message = Meddelandet ovan
your-reply = Ditt svar
reply-to = Svara { $office }
reply-text = Ditt meddelande
reply-files = Bilagor
reply-limits =
    { $count ->
        [one] Högst en fil, { $size }.
       *[other] Högst { $count } filer, sammanlagt { $size }.
    }
reply-promise = Ditt svar skickas över en krypterad förbindelse. Här kan du följa hur långt det har kommit.
send-reply = Skicka svaret
choose-again = Välj filerna på nytt: sidan kan inte behålla dem.
reply-off = Myndigheten tar inte emot svar på det här meddelandet. Om du behöver nå den, använd kontaktuppgifterna i meddelandet.
reply-nowhere = Det här meddelandet kan inte besvaras här: myndigheten har ingen adress för svar. Använd kontaktuppgifterna i meddelandet.
reply-saved = Ditt svar har sparats och är på väg.
reply-was-sent = Ditt svar har skickats.
not-sent-yet = Ditt svar har inte skickats ännu
reply-empty = Skriv ett meddelande eller bifoga en fil.
reply-long = Texten är längre än { $size }. Korta den, eller skicka den som fil.
files-many = Du valde { $count } filer; { $files } ryms i ett svar. Skicka resten i ett annat.
files-large = Filerna är sammanlagt mer än { $size }. Lämna bort några, eller skicka dem i ett annat svar.
form-used = Det här formuläret har redan skickats, med en annan text eller andra filer. Om du vill skicka också det här, välj ”{ $button }”.
form-stale = Sidan var föråldrad. Läs igenom ditt svar och välj ”{ $button }”.
fault-prefix = Fel:
state-waiting = Väntar på att skickas.
state-waiting-until = Nästa försök görs { $when }.
state-held = Administratörerna har pausat det.
state-sending = Skickas.
state-sent = Skickat.
state-sent-about = Myndighetens e-postserver har tagit emot det.
state-failed = Inte levererat.
state-unsure = Möjligen levererat.
state-unsure-about = Förbindelsen bröts innan myndighetens server bekräftade. Ett nytt försök görs så att myndigheten känner igen samma svar.
reason-last = Vid det senaste försöket: { $reason }
reason-address = Myndighetens adress finns inte. Använd kontaktuppgifterna i meddelandet.
reason-full = Myndighetens brevlåda är full. Skicka ditt svar igen om några dagar, eller använd kontaktuppgifterna i meddelandet.
reason-size = Svaret var för stort för myndighetens e-postserver. Skicka färre eller mindre filer.
reason-policy = Myndighetens e-postserver godtog inte svaret. Använd kontaktuppgifterna i meddelandet.
reason-busy = Myndighetens e-postserver bad oss försöka senare.
reason-unreached = Myndighetens e-postserver kunde inte nås på ett säkert sätt.
language = Språk
language-about = För de här sidorna och för aviseringarna som vi skickar dig.
notices = Skicka aviseringar till
notices-about = E-postadresser, en per rad, högst { $count }. En avisering säger att något har kommit och från vilken myndighet, aldrig vad det gäller.
notices-many = Det finns fler än { $count } adresser.
notice-wrong = Rad { $line } är ingen e-postadress. Den ska se ut som namn@example.fi.
save = Spara
saved = Dina inställningar har sparats.
not-saved = Dina inställningar har inte sparats
month-1 = januari
month-2 = februari
month-3 = mars
month-4 = april
month-5 = maj
month-6 = juni
month-7 = juli
month-8 = augusti
month-9 = september
month-10 = oktober
month-11 = november
month-12 = december
date-long = { $day } { $month } { $year }
date-day = { $day } { $month }
date-moment = { $date } kl. { $time }
date-today = i dag kl. { $time }
decimal-sign = ,
size-kilobytes = { $size } kB
size-megabytes = { $size } MB
fault-not-found = Sidan finns inte
fault-not-found-remedy = Den finns inte, eller så har du inte rätt att se den.
fault-sign-in = Du är inte inloggad
fault-sign-in-remedy = Logga in och försök på nytt.
fault-forbidden = Det här är inte tillåtet
fault-forbidden-remedy = Begäran kom från en annan webbplats, eller så får du inte göra det här.
fault-token-needed = En åtkomsttoken behövs
fault-token-needed-remedy = En sessionskaka räcker för att läsa; för ändringar behövs en token.
fault-reply-off = Det här meddelandet kan inte besvaras
fault-reply-off-remedy = Myndigheten tar inte emot svar på det.
fault-key-reused = Nyckeln har använts för ett annat svar
fault-key-reused-remedy = Välj en ny Idempotency-Key för ett nytt svar.
fault-too-large = Det du skickade är för stort
fault-too-large-remedy = Skicka färre eller mindre filer.
fault-media-type = Det här innehållsslaget tas inte emot här
fault-media-type-remedy = Se beskrivningen av gränssnittet för rätt slag.
fault-method = Det går inte att göra det här här
fault-method-remedy = Adressen finns, men inte för den här metoden.
fault-unreadable = Begäran gick inte att förstå
fault-unreadable-remedy = Gå tillbaka och försök på nytt.
fault-fields = Något behöver rättas
fault-fields-remedy = Se vad som sägs om varje fält.
fault-timeout = Det tog för lång tid
fault-timeout-remedy = Försök på nytt, med mindre filer eller bättre förbindelse.
fault-busy = Det är för mycket på gång just nu
fault-busy-remedy = Försök på nytt om en stund. Inget har gått förlorat.
fault-unavailable = Din brevlåda kan inte nås just nu
fault-unavailable-remedy = Försök på nytt om en stund. Dina meddelanden är i säkerhet.
fault-internal = Något gick fel hos oss
fault-internal-remedy = Det är inte ditt fel. Försök på nytt senare.
attachments =
    { $count ->
        [one] 1 bilaga
       *[other] { $count } bilagor
    }
quoted-lines =
    { $count ->
        [one] Visa det tidigare meddelandet (1 rad)
       *[other] Visa det tidigare meddelandet ({ $count } rader)
    }
defects =
    { $count ->
        [one] Om det här meddelandet (1 anmärkning)
       *[other] Om det här meddelandet ({ $count } anmärkningar)
    }
size-bytes =
    { $count ->
        [one] 1 byte
       *[other] { $count } byte
    }
clock = { $hour }.{ $minute }
defect-no-headers = det saknar rubrikfält; allt visas som text
defect-header-8bit = ett rubrikfält är skrivet i okänd teckenkodning; vissa tecken kan vara fel
defect-encoded-word-damaged = en del av ett rubrikfält är skadad
defect-field-repeated = ett rubrikfält finns flera gånger; det sista gäller
defect-from-missing = ingen avsändare anges
defect-from-several = flera avsändare anges
defect-date-unreadable = datumet går inte att läsa; ankomsttiden visas
defect-due-date-unreadable = ett svarsdatum i ämnet är inget datum
defect-too-complex = det är byggt av fler delar än som kan visas; originalet har dem
defect-boundary-end-missing = slutet saknas; det kan ha klippts av innan det kom hit
defect-boundary-missing = märket mellan delarna saknas; allt visas som en del
defect-boundary-in-line = märket mellan delarna står på fel plats
defect-blank-line-missing = raden mellan rubrik och text saknas
defect-multipart-empty = det sägs ha delar men har inga
defect-transfer-encoding-unknown = det är packat på ett okänt sätt och visas som det kom
defect-transfer-encoding-damaged = det har skadats på vägen; det som gick att läsa visas
defect-charset-unknown = det är skrivet i okänd teckenkodning; vissa tecken kan vara fel
defect-charset-wrong = det är inte i den teckenkodning som anges; vissa tecken kan vara fel
defect-control-characters = det har tecken som inte kan visas; de har utelämnats
defect-body-too-long = det är för långt för att visas; hela texten finns bland bilagorna
defect-html-too-complex = layouten är för invecklad för att visas; texten visas
defect-remote-content-removed = bilder från internet hämtas inte, eftersom avsändaren då kunde se när du läser
defect-active-content-removed = formulär eller program i texten visas inte
defect-file-name-changed = ett filnamn ändrades till ett som är säkert på din dator
defect-tnef = bilagorna är packade i en form som bara Outlook öppnar (winmail.dat)
unread-count =
    { $count ->
        [one] 1 oläst meddelande
       *[other] { $count } olästa meddelanden
    }
fault-language = Språket är sv, fi eller en.
fault-state = Här kan brevlådan bara tas i bruk: active.
admin = Administration
admin-overview = Översikt
admin-outbox = Utkorg
admin-trace = Följ ett meddelande
admin-trace-about = Id för en ankomst, en post, ett svar eller en försändelse, referensen i ett avslag (Reference), eller ett Message-ID.
admin-find = Sök
admin-nothing = Inget är känt om det.
admin-none = Inga.
admin-door = Inkommande
admin-records = Poster i brevlådor
admin-messages = Mottagna meddelanden
admin-syncs = Delade synkroniseringar
admin-events = Händelser
admin-accounts = Konton
admin-refusals = Avvisade
admin-id = Id
admin-state = Tillstånd
admin-to = Till
admin-attempts = Försök
admin-queued = Köad
admin-next = Nästa
admin-last = Senaste svar
admin-all = alla
admin-held = pausad
admin-token = Administratörens token
admin-token-about = Skapas på gatewayen med
admin-token-wrong = Det här är ingen administratörs token, eller så har den gått ut.
state-unsure-end = Förbindelsen bröts innan myndighetens server bekräftade, och inga nya försök görs. Fråga myndigheten om svaret har kommit.
see-reply = Visa svaret
