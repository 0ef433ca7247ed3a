# Sähköpostina lähtevät ilmoitukset. Ei koskaan viestin aihetta eikä sisältöä, ja vain yksi linkki, etusivulle.
notice-subject = Sinulle on saapunut uusi viesti
notice-body =
    Hei!

    { $office } on lähettänyt sinulle viestin. Lue se kirjautumalla palveluun:

    { $portal }

    Jos epäröit, kirjoita osoite itse selaimeen. Emme koskaan kysy tunnuksia tai salasanoja sähköpostitse.

    Tämä ilmoitus on lähetetty automaattisesti, eikä siihen lähetettyjä vastauksia lueta. Voit vastata itse viestiin kirjauduttuasi.

    { $service }
