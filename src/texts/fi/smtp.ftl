# Mitä käsittelijä lukee palautetusta viestistä, ja mitä tehdä seuraavaksi. Avaimet: domain::status::Class.
no-such-mailbox = Tässä osoitteessa ei ole postilaatikkoa. Tarkista kirjoitusasu; kukaan ei ole saanut viestiä.
account-not-in-use = Henkilö ei ota täällä vastaan viranomaisten postia. Lähetä se paperilla.
check-characters = Osoitteessa on kirjoitusvirhe: tarkistusmerkit eivät täsmää. Vertaa alkuperäiseen ja lähetä uudelleen.
not-an-office = Vain liittyneet viranomaiset voivat lähettää tänne. Jos edustat viranomaista, kirjoita osoitteeseen <postmaster> liittyäksesi.
tls-needed = Organisaatiosi saa lähettää tänne vain salatulla yhteydellä. Pyydä sähköpostin ylläpitäjää ottamaan STARTTLS käyttöön.
author-not-of-office = Lähettäjä-kentässä on oltava yksi lähettäjä, omasta organisaatiostasi. Lähetä uudelleen omasta osoitteestasi.
spf = Verkkotunnuksenne ei nimeä viestin lähettänyttä palvelinta omakseen (SPF). Pyydä sähköpostin ylläpitäjää lähettämään omien palvelimienne kautta tai lisäämään tämä.
dkim = Viestissä ei ole organisaationne voimassa olevaa allekirjoitusta (DKIM). Pyydä sähköpostin ylläpitäjää tarkistamaan allekirjoitus.
dmarc = Ei voida osoittaa, että viesti tulee Lähettäjä-kentän verkkotunnuksesta (DMARC). Pyydä sähköpostin ylläpitäjää tarkistamaan SPF ja DKIM.
replay = Allekirjoitettu viesti tulee toisen palvelimen kautta, eikä kaikki sen näyttämä ole allekirjoitettu, tai se on vanha tai ei mainitse tätä vastaanottajaa. Kirjoita henkilölle itse, omalta palvelimeltanne.
dns = Juuri nyt ei voida tarkistaa, että viesti on teidän. Sähköpostipalvelimenne yrittää itse uudelleen.
login-needed = Kirjaudu ensin nimellä ja salasanalla, jotka organisaatiosi on saanut.
login-failed = Nimi tai salasana on väärä, tai salasana on vanhentunut. Pyydä sähköpostin ylläpitäjältä uusi.
too-many-logins = Verkostanne on yritetty kirjautua liian monta kertaa väärällä nimellä tai salasanalla. Odota muutama minuutti ja yritä uudelleen.
not-your-conversation = Tämä keskustelu ei ota viestiäsi vastaan. Kirjoita sen sijaan henkilön omaan osoitteeseen.
malware = Osa "{ $part }" todettiin haitalliseksi. Poista se ja lähetä uudelleen.
executable = { $entry ->
    [none] Liite "{ $part }" on
   *[other] Tiedosto "{ $entry }" liitteessä "{ $part }" on
  } ohjelma tai komentosarja tai käynnistää sellaisen; niitä ei oteta vastaan. Lähetä sisältö asiakirjana, esimerkiksi PDF-muodossa.
macros = { $entry ->
    [none] Liitteessä "{ $part }" on
   *[other] Tiedostossa "{ $entry }" liitteessä "{ $part }" on
  } makroja, joita ei oteta vastaan. Tallenna se ilman makroja (esimerkiksi .docx, .xlsx) tai PDF-muodossa ja lähetä uudelleen.
encrypted-archive = { $entry ->
    [none] Liite "{ $part }" on
   *[other] Tiedosto "{ $entry }" liitteessä "{ $part }" on
  } suojattu salasanalla, eikä sitä voi tutkia. Poista salasana ja lähetä uudelleen; viestin lukee vain vastaanottaja.
unreadable-archive = { $entry ->
    [none] Arkisto "{ $part }" on
   *[other] Arkisto "{ $entry }" liitteessä "{ $part }" on
  } vioittunut tai sellaista muotoa, jota ei voi tutkia. Lähetä tiedostot erikseen tai ZIP-arkistona, jonka sisällä ei ole muita arkistoja.
not-scanned = { $limit ->
    [unknown] Liitteessä "{ $part }" ({ $size }) on enemmän kuin haittaohjelmien varalta voidaan tutkia.
   *[other] Liitteen "{ $part }" koko on { $size }; enintään { $limit } voidaan tutkia haittaohjelmien varalta.
  } Jaa tai pienennä se ja lähetä uudelleen.
too-large = { $size ->
    [unknown] Viesti on liian suuri; enintään { $limit } otetaan vastaan.
   *[other] Viestin koko on { $size }; enintään { $limit } otetaan vastaan.
  } Liitteet kasvavat matkalla kolmanneksella. Lähetä vähemmän tai pienempiä liitteitä, tai useampi viesti.
too-many-recipients = Viestillä on liian monta vastaanottajaa. Lähetä se muille toisessa viestissä.
line-ends = Viestissä on rivinvaihtoja, joita sähköposti ei salli (yksinäinen CR tai LF). Pyydä sähköpostin ylläpitäjää korjaamaan ohjelma, joka lähetti sen.
too-complex = Viestissä on enemmän tai syvemmälle sisäkkäisiä osia kuin voidaan lukea. Lähetä se vähemmillä liitteillä ja välitetyillä viesteillä.
undecryptable = Viesti on salattu varmenteella, jonka avainta meillä ei ole, tai tavalla, jota emme voi purkaa. Lähetä se salaamattomana (yhteys tänne on salattu) tai salaa se palvelun omalla varmenteella.
openpgp = Viesti on salattu OpenPGP:llä, jota palvelu ei voi purkaa. Lähetä se salaamattomana (yhteys tänne on salattu) tai salaa se S/MIME:llä palvelun omalla varmenteella.
due-date = Määräpäivää "{ $read }" ei voi lukea. Kirjoita se vuosiluvun kanssa muodossa vuosi-kuukausi-päivä, esimerkiksi 2026-12-31, ja lähetä uudelleen.
due-date-past = Määräpäivä { $read } on jo mennyt. Korjaa päiväys ja lähetä uudelleen.
due-date-far = Määräpäivä { $read } on yli { $years } vuoden päässä. Korjaa päiväys ja lähetä uudelleen.
due-date-no-request = Vain lisätietopyynnöllä voi olla määräpäivä; tässä "{ $read }" on muun yhteydessä. Kirjoita [lisätieto vuosi-kuukausi-päivä] tai ota päiväys pois hakasulkeista ja lähetä uudelleen.
tags-conflict = Viestissä on sekä "{ $first }" että "{ $second }", osoitteessa tai aiheen hakasulkeissa. Jätä niistä yksi ja lähetä uudelleen.
citizens-conflict = Aihe nimeää kaksi henkilöä sanan "saaja" jälkeen. Kirjoita kummallekin oma viesti.
automatic-mail = Automaattisia vastauksia, kuittauksia ja toimitusraportteja ei oteta vastaan henkilöille. Jos kirjoitit viestin itse, muuta aihetta ja lähetä uudelleen.
tag-decision = päätös
tag-notice = tiedoksianto
tag-request = lisätieto
tag-due = lisätieto { $date }
tag-case = dnro { $reference }
citizen-not-named = Viesti ei kerro, kenelle se on. Kirjoita henkilön osoite aiheeseen hakasulkeisiin sanan "till" jälkeen ja lähetä uudelleen.
storage-full = Viestille ei ole juuri nyt tilaa. Sähköpostipalvelimenne yrittää itse uudelleen.
unavailable = Viestiä ei voi juuri nyt ottaa vastaan. Sähköpostipalvelimenne yrittää itse uudelleen.
too-fast = Liian monta viestiä kerralla. Sähköpostipalvelimenne yrittää itse uudelleen.
loop = Viesti on jo käynyt täällä ja kiertää kehää. Kysy sähköpostin ylläpitäjältä, mihin se välitetään.
shutting-down = Palvelu käynnistyy uudelleen. Sähköpostipalvelimenne yrittää itse uudelleen.
too-many-connections = Liian monta yhteyttä yhtä aikaa. Sähköpostipalvelimenne yrittää itse uudelleen.
too-many-of-network = Liian monta yhteyttä verkostanne. Sähköpostipalvelimenne yrittää itse uudelleen.
