# Vad en handläggare läser i ett returnerat meddelande, och vad som är nästa steg. Nycklarna är domain::status::Class.
no-such-mailbox = Det finns ingen brevlåda med den här adressen. Kontrollera stavningen; ingen har fått meddelandet.
account-not-in-use = Personen tar inte emot post från myndigheter här. Skicka på papper.
check-characters = Adressen är felskriven: kontrolltecknen stämmer inte. Jämför med originalet och skicka på nytt.
not-an-office = Bara anslutna myndigheter kan skicka hit. Företräder du en myndighet, skriv till <postmaster> här för att ansluta den.
tls-needed = Din organisation får skicka hit bara över en krypterad förbindelse. Be er e-postadministratör ta i bruk STARTTLS.
author-not-of-office = Fältet Från måste ha en enda avsändare, i din egen organisation. Skicka på nytt från din egen adress.
spf = Er domän räknar inte servern som skickade detta till sina egna (SPF). Be er e-postadministratör skicka via era egna servrar, eller lägga till den här.
dkim = Meddelandet saknar en giltig signatur av er organisation (DKIM). Be er e-postadministratör kontrollera signeringen.
dmarc = Det går inte att visa att meddelandet kommer från domänen i fältet From (DMARC). Be er e-postadministratör kontrollera SPF och DKIM.
replay = Det signerade meddelandet kommer via en annan server, och allt det visar är inte signerat, eller det är gammalt, eller nämner inte mottagaren. Skriv själv till personen, från er egen server.
dns = Det går inte att kontrollera just nu att meddelandet är ert. Er e-postserver försöker på nytt av sig själv.
login-needed = Logga in först, med det namn och lösenord som din organisation har fått.
login-failed = Namnet eller lösenordet är fel, eller lösenordet har gått ut. Be er e-postadministratör om ett nytt.
too-many-logins = För många inloggningar med fel namn eller lösenord från ert nät. Vänta några minuter och försök på nytt.
not-your-conversation = Den här konversationen tar inte emot ditt meddelande. Skriv i stället till personens egen adress.
malware = Delen "{ $part }" bedömdes vara skadlig. Ta bort den och skicka på nytt.
executable = { $entry ->
    [none] Bilagan "{ $part }"
   *[other] Filen "{ $entry }" i bilagan "{ $part }"
  } är ett program eller ett skript, eller startar ett; sådana tas inte emot. Skicka innehållet som ett dokument, till exempel i PDF.
macros = { $entry ->
    [none] Bilagan "{ $part }"
   *[other] Filen "{ $entry }" i bilagan "{ $part }"
  } innehåller makron, som inte tas emot. Spara den utan makron (till exempel .docx, .xlsx) eller som PDF, och skicka på nytt.
encrypted-archive = { $entry ->
    [none] Bilagan "{ $part }"
   *[other] Filen "{ $entry }" i bilagan "{ $part }"
  } är skyddad med lösenord och kan inte undersökas. Ta bort lösenordet och skicka på nytt; meddelandet läses bara av mottagaren.
unreadable-archive = { $entry ->
    [none] Arkivet "{ $part }"
   *[other] Arkivet "{ $entry }" i bilagan "{ $part }"
  } är skadat eller av ett slag som inte kan undersökas. Skicka filerna var för sig, eller i ett ZIP-arkiv utan andra arkiv i.
not-scanned = { $limit ->
    [unknown] Bilagan "{ $part }" ({ $size }) innehåller mer än vad som kan undersökas efter skadlig kod.
   *[other] Bilagan "{ $part }" är { $size }; högst { $limit } kan undersökas efter skadlig kod.
  } Dela den eller gör den mindre, och skicka på nytt.
too-large = { $size ->
    [unknown] Meddelandet är för stort; { $limit } är det mesta som tas emot.
   *[other] Meddelandet är { $size }; { $limit } är det mesta som tas emot.
  } Bilagor växer med en tredjedel på vägen. Skicka färre eller mindre bilagor, eller flera meddelanden.
too-many-recipients = Meddelandet har för många mottagare. Skicka det till de övriga i ett annat meddelande.
line-ends = Meddelandet har radslut som inte är tillåtna i e-post (ensamt CR eller LF). Be er e-postadministratör rätta programmet som skickade det.
too-complex = Meddelandet har fler delar, eller djupare nästlade, än vad som kan läsas. Skicka det med färre bilagor och vidarebefordrade meddelanden.
undecryptable = Meddelandet är krypterat med ett certifikat som vi inte har nyckeln till, eller på ett sätt som vi inte kan öppna. Skicka det okrypterat (förbindelsen hit är krypterad) eller kryptera till tjänstens eget certifikat.
openpgp = Meddelandet är krypterat med OpenPGP, som tjänsten inte kan öppna. Skicka det okrypterat (förbindelsen hit är krypterad) eller kryptera med S/MIME till tjänstens eget certifikat.
due-date = Sista dagen "{ $read }" kan inte läsas. Skriv den med året, som år-månad-dag, till exempel 2026-12-31, och skicka på nytt.
due-date-past = Sista dagen { $read } har redan varit. Rätta datumet och skicka på nytt.
due-date-far = Sista dagen { $read } ligger mer än { $years } år framåt. Rätta datumet och skicka på nytt.
due-date-no-request = Bara en begäran kan ha en sista dag; här står "{ $read }" med något annat. Skriv [begäran år-månad-dag], eller ta datumet ur hakparentesen, och skicka på nytt.
tags-conflict = Meddelandet säger både "{ $first }" och "{ $second }", i adressen eller i ämnets hakparenteser. Låt det ena stå och skicka på nytt.
citizens-conflict = Ämnet nämner två personer efter "till". Skriv ett meddelande till var och en.
automatic-mail = Automatiska svar, kvitton och leveransrapporter tas inte emot till personer. Om du själv har skrivit meddelandet, ändra ämnet och skicka på nytt.
tag-decision = beslut
tag-notice = meddelande
tag-request = begäran
tag-due = begäran { $date }
tag-case = dnr { $reference }
citizen-not-named = Meddelandet säger inte vem det är till. Skriv personens adress i ämnet, inom hakparentes efter "till", och skicka på nytt.
storage-full = Det finns inte plats för meddelandet just nu. Er e-postserver försöker på nytt av sig själv.
unavailable = Meddelandet kan inte tas emot just nu. Er e-postserver försöker på nytt av sig själv.
too-fast = För många meddelanden på en gång. Er e-postserver försöker på nytt av sig själv.
loop = Meddelandet har redan varit här och går i cirkel. Fråga er e-postadministratör vart det vidarebefordras.
shutting-down = Tjänsten startas om. Er e-postserver försöker på nytt av sig själv.
too-many-connections = För många anslutningar på en gång. Er e-postserver försöker på nytt av sig själv.
too-many-of-network = För många anslutningar från ert nätverk. Er e-postserver försöker på nytt av sig själv.
