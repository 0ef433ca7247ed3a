# Det som går ut som e-post: aviseringar. Aldrig ärende eller innehåll, och en enda länk, till första sidan.
notice-subject = Du har fått ett nytt meddelande
notice-body =
    Hej!

    { $office } har skickat ett meddelande till dig. Logga in för att läsa det:

    { $portal }

    Är du osäker, så skriv in adressen själv. Vi frågar aldrig efter koder eller lösenord per e-post.

    Den här aviseringen har skickats automatiskt och svar på den läses inte. Svara på själva meddelandet när du har loggat in.

    { $service }
