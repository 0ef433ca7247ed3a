# Mitä kansalaiset lukevat portaalissa. Argumentit tulevat sellaisinaan; päivät, ajat ja koot valmiina sanoina.

service-name = Brevbro
skip-to-content = Siirry sisältöön
language-switch = Sivujen kieli
main-menu = Päävalikko
footer = Viranomaisten viestit ja sinun vastauksesi niihin.
inbox = Saapuneet
settings = Asetukset
signed-in-as = Kirjautuneena
sign-out = Kirjaudu ulos
sign-in = Kirjaudu sisään
sign-in-heading = Kirjaudu postilaatikkoosi
sign-in-lead = Täällä luet viranomaisten sinulle lähettämät viestit ja vastaat niihin.
sign-in-off = Tällä palvelimella ei voi vielä kirjautua: tunnistuspalvelua ei ole otettu käyttöön.
demo-about = Tämä on kokeilu omalla koneellasi. Valitse, kenen postilaatikon avaat; salasanaa ei kysytä.
demo-citizens = Testihenkilöt
demo-none = Tilejä ei vielä ole.
account-waiting = postilaatikko ei vielä käytössä
unread = Lukematon
automatic = Automaattinen viesti
older = Vanhemmat viestit
newest = Uusimmat viestit
pages = Sivut
inbox-empty = Ei vielä viestejä. Kun viranomainen kirjoittaa sinulle, viesti tulee tänne.
inbox-end = Vanhempia viestejä ei ole.
not-in-use = Postilaatikkosi ei ole vielä käytössä
not-in-use-about = Kunnes otat sen käyttöön, viranomaiset lähettävät sinulle viestinsä paperilla.
take-into-use = Ota postilaatikko käyttöön
to-inbox = Saapuneisiin
no-subject = (ei aihetta)
no-text = Tässä viestissä ei ole tekstiä.
from = Lähettäjä
date = Päiväys
case-reference = Diaarinumero
postmaster-office = Postia postinhoitajalle
message-text = Viestin teksti
show-as-text = Näytä pelkkänä tekstinä
show-earlier = Näytä aiemmat viestit
show-signature = Näytä allekirjoitus
show-hidden = Näytä teksti, jonka lähettäjä on piilottanut
open-text = Avaa teksti omalle sivulleen
due = Vastaa viimeistään { $date }
due-past = Vastausaika päättyi { $date }
kind-decision = Päätös
kind-notice = Tiedoksianto
kind-request = Lisätietopyyntö
kind-message = Viesti
kind-reply = Vastaus
about-message = Tietoja tästä viestistä
raw-about = Viesti kokonaan ja täsmälleen sellaisena kuin se saapui:
raw-download = lataa alkuperäinen
defects-about = Tämä viestistä on hyvä tietää. Alkuperäisessä on kaikki:
defect-message = Viesti: { $what }
defect-part = Osa { $part }: { $what }
part-damaged = Tiedosto on vioittunut; tässä on se, mikä siitä voitiin lukea.
part-inline = Näytetään tekstissä
conversation = Keskustelu
this-message = Yllä oleva viesti
your-reply = Vastauksesi
reply-to = Vastaa: { $office }
reply-text = Viestisi
reply-files = Liitteet
reply-limits =
    { $count ->
        [one] Enintään yksi tiedosto, { $size }.
       *[other] Enintään { $count } tiedostoa, yhteensä { $size }.
    }
reply-promise = Vastauksesi lähetetään salatun yhteyden kautta. Täällä näet, miten sen lähetys etenee.
send-reply = Lähetä vastaus
choose-again = Valitse tiedostot uudelleen: sivu ei voi säilyttää niitä.
reply-off = Viranomainen ei ota vastaan vastauksia tähän viestiin. Jos sinun on tavoitettava se, käytä viestissä olevia yhteystietoja.
reply-nowhere = Tähän viestiin ei voi vastata täällä: viranomaisella ei ole osoitetta vastauksille. Käytä viestissä olevia yhteystietoja.
reply-saved = Vastauksesi on tallennettu ja matkalla.
reply-was-sent = Vastauksesi on lähetetty.
not-sent-yet = Vastaustasi ei ole vielä lähetetty
reply-empty = Kirjoita viesti tai liitä tiedosto.
reply-long = Teksti on pidempi kuin { $size }. Lyhennä sitä tai lähetä se tiedostona.
files-many = Valitsit { $count } tiedostoa; yhteen vastaukseen mahtuu { $files }. Lähetä loput toisessa.
files-large = Tiedostot ovat yhteensä yli { $size }. Jätä osa pois tai lähetä ne toisessa vastauksessa.
form-used = Tämä lomake on jo lähetetty, eri tekstillä tai eri tiedostoilla. Jos haluat lähettää myös tämän, valitse ”{ $button }”.
form-stale = Sivu oli vanhentunut. Lue vastauksesi läpi ja valitse ”{ $button }”.
fault-prefix = Virhe:
state-waiting = Odottaa lähettämistä.
state-waiting-until = Seuraava yritys { $when }.
state-held = Ylläpito on keskeyttänyt sen lähettämisen.
state-sending = Lähetetään.
state-sent = Lähetetty.
state-sent-about = Viranomaisen sähköpostipalvelin on vastaanottanut sen.
state-failed = Ei toimitettu.
state-unsure = Mahdollisesti toimitettu.
state-unsure-about = Yhteys katkesi ennen kuin viranomaisen palvelin vahvisti. Lähetys yritetään uudelleen niin, että viranomainen tunnistaa saman vastauksen.
reason-last = Viimeisellä yrityksellä: { $reason }
reason-address = Viranomaisen osoitetta ei ole. Käytä viestissä olevia yhteystietoja.
reason-full = Viranomaisen postilaatikko on täynnä. Lähetä vastauksesi uudelleen muutaman päivän kuluttua tai käytä viestissä olevia yhteystietoja.
reason-size = Vastaus oli liian suuri viranomaisen sähköpostipalvelimelle. Lähetä vähemmän tai pienempiä tiedostoja.
reason-policy = Viranomaisen sähköpostipalvelin ei hyväksynyt vastausta. Käytä viestissä olevia yhteystietoja.
reason-busy = Viranomaisen sähköpostipalvelin pyysi yrittämään myöhemmin.
reason-unreached = Viranomaisen sähköpostipalvelimeen ei saatu turvallista yhteyttä.
language = Kieli
language-about = Näillä sivuilla ja sinulle lähetettävissä ilmoituksissa.
notices = Lähetä ilmoitukset osoitteisiin
notices-about = Sähköpostiosoitteita, yksi kullakin rivillä, enintään { $count }. Ilmoitus kertoo, että jotakin on saapunut ja miltä viranomaiselta, ei koskaan mistä on kyse.
notices-many = Osoitteita on yli { $count }.
notice-wrong = Rivi { $line } ei ole sähköpostiosoite. Sen pitäisi näyttää tältä: nimi@example.fi.
save = Tallenna
saved = Asetuksesi on tallennettu.
not-saved = Asetuksiasi ei ole tallennettu
month-1 = tammikuuta
month-2 = helmikuuta
month-3 = maaliskuuta
month-4 = huhtikuuta
month-5 = toukokuuta
month-6 = kesäkuuta
month-7 = heinäkuuta
month-8 = elokuuta
month-9 = syyskuuta
month-10 = lokakuuta
month-11 = marraskuuta
month-12 = joulukuuta
date-long = { $day }. { $month } { $year }
date-day = { $day }. { $month }
date-moment = { $date } klo { $time }
date-today = tänään klo { $time }
decimal-sign = ,
size-kilobytes = { $size } kt
size-megabytes = { $size } Mt
fault-not-found = Sivua ei ole
fault-not-found-remedy = Sitä ei ole, tai se ei ole sinun nähtävissäsi.
fault-sign-in = Et ole kirjautunut sisään
fault-sign-in-remedy = Kirjaudu sisään ja yritä uudelleen.
fault-forbidden = Tämä ei ole sallittua
fault-forbidden-remedy = Pyyntö tuli toiselta sivustolta, tai sinulla ei ole oikeutta tähän.
fault-token-needed = Tarvitaan käyttötunniste
fault-token-needed-remedy = Istuntoeväste riittää lukemiseen; muutoksiin tarvitaan tunniste.
fault-reply-off = Tähän viestiin ei voi vastata
fault-reply-off-remedy = Viranomainen ei ota siihen vastauksia.
fault-key-reused = Avainta on käytetty toiseen vastaukseen
fault-key-reused-remedy = Valitse uusi Idempotency-Key uudelle vastaukselle.
fault-too-large = Lähettämäsi on liian suuri
fault-too-large-remedy = Lähetä vähemmän tai pienempiä tiedostoja.
fault-media-type = Tämän muotoista sisältöä ei oteta vastaan
fault-media-type-remedy = Katso oikea muoto rajapinnan kuvauksesta.
fault-method = Tätä ei voi tehdä tässä
fault-method-remedy = Osoite on olemassa, mutta ei tälle toiminnolle.
fault-unreadable = Pyyntöä ei ymmärretty
fault-unreadable-remedy = Palaa takaisin ja yritä uudelleen.
fault-fields = Jotakin on korjattava
fault-fields-remedy = Katso, mitä kustakin kentästä sanotaan.
fault-timeout = Se kesti liian kauan
fault-timeout-remedy = Yritä uudelleen pienemmillä tiedostoilla tai paremmalla yhteydellä.
fault-busy = Palvelussa on juuri nyt ruuhkaa
fault-busy-remedy = Yritä hetken kuluttua uudelleen. Mitään ei ole kadonnut.
fault-unavailable = Postilaatikkoosi ei juuri nyt saada yhteyttä
fault-unavailable-remedy = Yritä hetken kuluttua uudelleen. Viestisi ovat tallessa.
fault-internal = Täällä meni jotakin vikaan
fault-internal-remedy = Vika ei ole sinun. Yritä myöhemmin uudelleen.
attachments =
    { $count ->
        [one] 1 liite
       *[other] { $count } liitettä
    }
quoted-lines =
    { $count ->
        [one] Näytä aiempi viesti (1 rivi)
       *[other] Näytä aiempi viesti ({ $count } riviä)
    }
defects =
    { $count ->
        [one] Tietoja tästä viestistä (1 huomautus)
       *[other] Tietoja tästä viestistä ({ $count } huomautusta)
    }
size-bytes =
    { $count ->
        [one] 1 tavu
       *[other] { $count } tavua
    }
clock = { $hour }.{ $minute }
defect-no-headers = siinä ei ole otsikkotietoja; kaikki näytetään tekstinä
defect-header-8bit = jokin otsikkokenttä on tuntematonta merkistöä; osa merkeistä voi olla väärin
defect-encoded-word-damaged = osa otsikkokentästä on vioittunut
defect-field-repeated = jokin otsikkokenttä esiintyy useasti; viimeinen on voimassa
defect-from-missing = lähettäjää ei ole nimetty
defect-from-several = lähettäjiä on nimetty useita
defect-date-unreadable = päiväystä ei voi lukea; näytetään saapumisaika
defect-due-date-unreadable = aiheessa oleva määräpäivä ei ole päivämäärä
defect-too-complex = siinä on enemmän osia kuin voidaan näyttää; ne ovat alkuperäisessä
defect-boundary-end-missing = sen loppu puuttuu; se on voinut katketa ennen saapumistaan
defect-boundary-missing = osien välinen merkki puuttuu; kaikki näytetään yhtenä
defect-boundary-in-line = osien välinen merkki on väärässä paikassa
defect-blank-line-missing = otsikon ja tekstin välinen rivi puuttuu
defect-multipart-empty = siinä sanotaan olevan osia, mutta niitä ei ole
defect-transfer-encoding-unknown = se on pakattu tuntemattomalla tavalla ja näytetään sellaisenaan
defect-transfer-encoding-damaged = se on vioittunut matkalla; näytetään se, mikä voitiin lukea
defect-charset-unknown = se on tuntematonta merkistöä; osa merkeistä voi olla väärin
defect-charset-wrong = se ei ole ilmoitettua merkistöä; osa merkeistä voi olla väärin
defect-control-characters = siinä on merkkejä, joita ei voi näyttää; ne on jätetty pois
defect-body-too-long = se on liian pitkä näytettäväksi; koko teksti on liitteissä
defect-html-too-complex = sen ulkoasu on liian monimutkainen näytettäväksi; teksti näytetään
defect-remote-content-removed = kuvia ei haeta internetistä, koska lähettäjä näkisi silloin, milloin luet viestin
defect-active-content-removed = tekstissä olevia lomakkeita tai ohjelmia ei näytetä
defect-file-name-changed = tiedoston nimi muutettiin koneellasi turvalliseksi
defect-tnef = liitteet on pakattu muotoon, jonka vain Outlook avaa (winmail.dat)
unread-count =
    { $count ->
        [one] 1 lukematon viesti
       *[other] { $count } lukematonta viestiä
    }
fault-language = Kieli on sv, fi tai en.
fault-state = Täällä postilaatikon voi vain ottaa käyttöön: active.
admin = Ylläpito
admin-overview = Yleiskatsaus
admin-outbox = Lähtevät
admin-trace = Seuraa viestiä
admin-trace-about = Saapumisen, tallenteen, vastauksen tai lähetyksen tunnus, hylkäyksen viite (Reference) tai Message-ID.
admin-find = Etsi
admin-nothing = Siitä ei tiedetä mitään.
admin-none = Ei mitään.
admin-door = Saapuvat
admin-records = Tallenteita laatikoissa
admin-messages = Vastaanotettuja viestejä
admin-syncs = Yhteisiä levykirjoituksia
admin-events = Tapahtumat
admin-accounts = Tilit
admin-refusals = Torjutut
admin-id = Tunnus
admin-state = Tila
admin-to = Minne
admin-attempts = Yrityksiä
admin-queued = Jonoon
admin-next = Seuraava
admin-last = Viime vastaus
admin-all = kaikki
admin-held = pysäytetty
admin-token = Ylläpitäjän tunniste
admin-token-about = Luodaan yhdyskäytävällä komennolla
admin-token-wrong = Tämä ei ole ylläpitäjän tunniste, tai se on vanhentunut.
state-unsure-end = Yhteys katkesi ennen kuin viranomaisen palvelin vahvisti, eikä uusia yrityksiä tehdä. Kysy viranomaiselta, onko vastaus tullut.
see-reply = Näytä vastaus
