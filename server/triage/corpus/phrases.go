package corpus

// category is one kind of trouble. Of its sentences every third is kept apart for
// the held-out split.
type category struct {
	id, team, kind  string
	weight          int
	late            bool // nobody had it before the last third
	findings        []string
	german, english []string
}

var categories = []category{
	{id: "printing", team: "onsite", kind: "incident", weight: 17, findings: []string{"service.crash_loop"},
		german: []string{
			"Drucker {where} druckt nicht", "Papierstau im {printer} {where}", "Ausdrucke kommen nur leer heraus", "Der {printer} zeigt Offline an", "Druckauftrag bleibt in der Warteschlange hängen",
			"Kann seit {since} nichts mehr zu Papier bringen", "Toner leer am {printer}", "Streifen auf allen Seiten vom {printer}", "Mein Etikettengerät reagiert auf nichts", "Scannen an {app} schlägt fehl, drucken auch",
		},
		english: []string{
			"Printer {where} does not print", "Paper jam in the {printer}", "Pages come out blank", "{printer} shows as offline", "Print job is stuck in the queue", "Nothing gets onto paper since {since}",
			"Toner is empty on the {printer}", "Stripes on every page from the {printer}", "Label maker does not react at all",
		}},
	{id: "mail", team: "workplace", kind: "incident", weight: 14, findings: []string{"time.off"},
		german: []string{
			"Outlook startet nicht", "Keine E-Mails seit {since}", "Postfach ist voll", "Mail kommt als unzustellbar zurück", "Outlook fragt dauernd nach dem Kennwort", "Nachrichten bleiben im Postausgang liegen",
			"Gemeinsames Postfach nicht sichtbar", "Anhang lässt sich in Outlook nicht öffnen", "Kalendereinladungen erreichen mich nicht", "Suche im Postfach findet nichts",
		},
		english: []string{
			"Outlook does not start", "No e-mail since {since}", "Mailbox is full", "Mail comes back as undeliverable", "Outlook keeps asking for the password", "Messages never leave the outbox",
			"Shared mailbox is not visible", "Attachment in Outlook cannot be opened", "Meeting invitations do not reach me",
		}},
	{id: "password", team: "accounts", kind: "request", weight: 16,
		german: []string{
			"Passwort vergessen", "Konto gesperrt nach zu vielen Versuchen", "Kann mich nicht mehr anmelden", "Kennwort abgelaufen, bitte zurücksetzen", "Zugang zu {app} gesperrt", "Komme nicht in meinen Rechner, er nimmt meine Eingabe nicht an",
			"Bitte Passwort für {app} zurücksetzen", "Anmeldung schlägt fehl: Benutzername oder Kennwort falsch", "Ausgesperrt nach dem Urlaub",
		},
		english: []string{
			"Forgot my password", "Account locked after too many attempts", "I cannot sign in any more", "Password expired, please reset", "Access to {app} is locked", "My machine rejects what I type at the welcome screen",
			"Please reset my password for {app}", "Login fails: wrong user name or password", "Shut out after my holidays",
		}},
	{id: "mfa", team: "accounts", kind: "request", weight: 6,
		german: []string{
			"Neues Handy, Authenticator geht nicht", "Zweiter Faktor wird nicht angenommen", "Bestätigungscode kommt nicht an", "Authenticator-App neu einrichten", "Token für die Zwei-Faktor-Anmeldung verloren", "Die sechs Ziffern vom Telefon gelten nie",
		},
		english: []string{
			"New phone, authenticator does not work", "Second factor is not accepted", "Verification code does not arrive", "Set up the authenticator app again", "Lost my token for two-factor sign-in", "The six digits from my phone are never right",
		}},
	{id: "vpn", team: "network", kind: "incident", weight: 11, findings: []string{"dns.no_answer", "network.gateway_silent"},
		german: []string{
			"VPN verbindet nicht", "VPN bricht alle {minutes} Minuten ab", "Aus dem Homeoffice kein Zugriff auf {app}", "VPN-Client meldet Zeitüberschreitung", "Tunnel steht, aber interne Seiten laden nicht", "Von zu Hause komme ich nicht ins Firmennetz",
			"VPN Fehler {code}", "Globalprotect hängt bei Verbinden", "Fernzugang tot seit {since}",
		},
		english: []string{
			"VPN does not connect", "VPN drops every {minutes} minutes", "No access to {app} from home", "VPN client reports a timeout", "Tunnel is up but internal pages do not load", "Cannot get into the company network from my house",
			"VPN error {code}", "Globalprotect hangs while connecting", "Remote access is dead since {since}",
		}},
	{id: "wifi", team: "network", kind: "incident", weight: 9, findings: []string{"network.wifi_weak", "network.no_address"},
		german: []string{
			"WLAN {where} sehr langsam", "Laptop findet das WLAN nicht", "WLAN fliegt ständig raus", "Kein Empfang {where}", "Gäste-WLAN geht nicht", "Funknetz {where} wackelt, Besprechung unmöglich",
			"WLAN verbunden, aber kein Internet", "Signal im Besprechungsraum zu schwach",
		},
		english: []string{
			"Wi-Fi {where} is very slow", "Laptop does not find the Wi-Fi", "Wi-Fi keeps dropping", "No signal {where}", "Guest Wi-Fi does not work", "Wireless {where} wobbles, meetings are impossible",
			"Wi-Fi connected but no internet", "Signal in the meeting room is too weak",
		}},
	{id: "network", team: "network", kind: "incident", weight: 7, findings: []string{"network.no_link", "network.no_route", "dns.down", "dns.servfail"},
		german: []string{
			"Kein Internet {where}", "Netzwerkkabel ohne Verbindung", "Seiten laden nicht, Server nicht gefunden", "Netzlaufwerk und Internet gleichzeitig weg", "Netzwerkdose {where} tot", "Alle {where} sind offline",
			"Internet extrem langsam seit {since}", "DNS-Fehler im Browser",
		},
		english: []string{
			"No internet {where}", "Network cable has no link", "Pages do not load, server not found", "Network drive and internet gone at once", "Network socket {where} is dead", "Everybody {where} is offline",
			"Internet is extremely slow since {since}", "DNS error in the browser",
		}},
	{id: "disk", team: "workplace", kind: "incident", weight: 6, findings: []string{"disk.full", "disk.nearly_full", "disk.errors"},
		german: []string{
			"Festplatte voll", "Kein Speicherplatz mehr auf C:", "Kann nichts mehr speichern", "Meldung: wenig Speicherplatz", "Laufwerk rot im Explorer", "Datei zu gross, kein Platz auf dem Gerät",
		},
		english: []string{
			"Disk is full", "No space left on C:", "I cannot save anything any more", "Message: low disk space", "Drive is red in the explorer", "File too large, no room on the device",
		}},
	{id: "slow", team: "workplace", kind: "incident", weight: 9, findings: []string{"memory.exhausted", "memory.swapping", "cpu.saturated", "cpu.hot", "process.runaway"},
		german: []string{
			"Rechner extrem langsam", "{app} hängt ständig", "Laptop wird heiss und laut", "Start dauert {minutes} Minuten", "Alles ruckelt seit dem Update", "Der Lüfter dreht durch und nichts bewegt sich",
			"Programme reagieren nicht", "PC friert alle {minutes} Minuten ein",
		},
		english: []string{
			"Computer is extremely slow", "{app} keeps hanging", "Laptop gets hot and loud", "Starting takes {minutes} minutes", "Everything stutters since the update", "The fan goes mad and nothing moves",
			"Programs do not respond", "PC freezes every {minutes} minutes",
		}},
	{id: "hardware", team: "onsite", kind: "incident", weight: 8,
		german: []string{
			"Bildschirm bleibt schwarz", "Tastatur defekt", "Maus reagiert nicht", "Dockingstation erkennt Monitor nicht", "Akku hält nur noch {minutes} Minuten", "Kaffee über das Notebook gelaufen",
			"Headset ohne Ton", "Kamera wird nicht erkannt", "Ladegerät kaputt",
		},
		english: []string{
			"Screen stays black", "Keyboard is broken", "Mouse does not react", "Docking station does not see the monitor", "Battery lasts {minutes} minutes only", "Spilled coffee over the notebook",
			"Headset has no sound", "Camera is not recognised", "Charger is broken",
		}},
	{id: "erp", team: "applications", kind: "incident", weight: 7, findings: []string{"service.crash_loop"},
		german: []string{
			"SAP Buchung nicht möglich", "SAP meldet Laufzeitfehler {code}", "Bestellung lässt sich im ERP nicht freigeben", "Rechnung fehlt im SAP", "Transaktion {code} bricht ab", "Warenwirtschaft stürzt beim Wareneingang ab",
			"Keine Berechtigung für Transaktion {code}", "Monatsabschluss im ERP hängt",
		},
		english: []string{
			"Posting in SAP is not possible", "SAP reports runtime error {code}", "Order cannot be released in the ERP", "Invoice is missing in SAP", "Transaction {code} aborts", "Goods receipt crashes the stock system",
			"No authorisation for transaction {code}", "Month-end closing in the ERP hangs",
		}},
	{id: "software", team: "workplace", kind: "request", weight: 9,
		german: []string{
			"Bitte {app} installieren", "Lizenz für {app} benötigt", "Update von {app} schlägt fehl", "Brauche {app} für neues Projekt", "{app} fordert Aktivierung", "Programm soll auf meinen Rechner, mir fehlt das Recht dazu",
			"Neue Version von {app} bitte", "Adobe Lizenz abgelaufen",
		},
		english: []string{
			"Please install {app}", "Licence for {app} needed", "Update of {app} fails", "Need {app} for a new project", "{app} asks for activation", "A program should go onto my computer and I lack the right",
			"New version of {app} please", "Adobe licence has run out",
		}},
	{id: "permissions", team: "accounts", kind: "request", weight: 8,
		german: []string{
			"Zugriff auf Ordner {folder}", "Berechtigung für Laufwerk {folder}", "Zugriff verweigert auf {folder}", "Freigabe für Kollegin auf {folder}", "Bitte in Verteiler aufnehmen", "Ordner der Abteilung bleibt mir verschlossen",
			"Gruppe {folder}: bitte Mitglied hinzufügen",
		},
		english: []string{
			"Access to folder {folder}", "Permission for drive {folder}", "Access denied on {folder}", "Share {folder} with a colleague", "Please add me to the distribution list", "The folder of my department stays closed to me",
			"Group {folder}: please add a member",
		}},
	{id: "onboarding", team: "accounts", kind: "request", weight: 4,
		german: []string{
			"Neue Mitarbeiterin ab {since}: Konto und Gerät", "Eintritt zum Monatsersten", "Austritt: Konto sperren", "Ausstattung für neuen Kollegen", "Onboarding Praktikant", "Am Ersten fängt jemand an und braucht alles",
		},
		english: []string{
			"New colleague from {since}: account and device", "Joiner on the first of the month", "Leaver: disable the account", "Equipment for a new starter", "Onboarding an intern", "Somebody begins on the first and needs everything",
		}},
	{id: "phishing", team: "security", kind: "incident", weight: 3,
		german: []string{
			"Verdächtige E-Mail erhalten", "Auf Link in Phishing-Mail geklickt", "Virenwarnung auf dem Bildschirm", "Angebliche Rechnung mit Makro", "Anruf von angeblichem Microsoft-Support", "Habe etwas angeklickt, das wohl nicht echt war",
		},
		english: []string{
			"Received a suspicious e-mail", "Clicked a link in a phishing mail", "Virus warning on the screen", "Alleged invoice with a macro", "Call from alleged Microsoft support", "I clicked something that was probably not real",
		}},
	{id: "phone", team: "network", kind: "incident", weight: 4, findings: []string{"network.errors"},
		german: []string{
			"Telefon klingelt nicht", "Teams-Anrufe ohne Ton", "Rufumleitung einrichten", "Durchwahl ist tot", "Gespräche brechen ab", "Niemand kann mich anrufen",
		},
		english: []string{
			"Phone does not ring", "Teams calls have no sound", "Set up call forwarding", "Extension is dead", "Calls break off", "Nobody can reach me by voice",
		}},
	{id: "badge", team: "security", kind: "request", weight: 5, late: true,
		german: []string{
			"Neuer Türausweis öffnet nicht", "Zutrittskarte verloren", "Karte am Drehkreuz wird abgelehnt", "Ausweis für Besucher", "Chipkarte bleibt {where} ohne Wirkung", "Komme morgens nicht durch die Pforte",
		},
		english: []string{
			"New door badge does not open", "Lost my access card", "Card is refused at the turnstile", "Badge for a visitor", "Chip card has no effect {where}", "I do not get through the gate in the morning",
		}},
}

var (
	gaps = map[string][]string{
		"where":      {"im 2. OG", "im Erdgeschoss", "in Halle 3", "im Raum B{n}", "am Empfang", "in der Buchhaltung", "im Lager"},
		"where.en":   {"on the second floor", "on the ground floor", "in hall 3", "in room B{n}", "at the reception", "in accounting", "in the warehouse"},
		"printer":    {"HP LaserJet {n}", "Kyocera {n}", "Canon", "Etagendrucker", "Brother", "Multifunktionsgerät", "Ricoh"},
		"printer.en": {"HP LaserJet {n}", "Kyocera {n}", "Canon", "floor printer", "Brother", "multi-function device", "Ricoh"},
		"app":        {"Teams", "Excel", "SAP", "Confluence", "Jira", "DATEV", "SharePoint", "Visio", "Adobe Acrobat", "Chrome", "Zeiterfassung"},
		"folder":     {"Controlling", "HR", "Projekte", "Vertrieb", "Einkauf", "K:", "T:", "Marketing"},
		"since":      {"heute morgen", "gestern", "Montag", "dem Update", "08:{n}", "einer Woche"},
		"since.en":   {"this morning", "yesterday", "Monday", "the update", "08:{n}", "a week"},
		"minutes":    {"2", "5", "10", "15", "20", "30"},
		"code":       {"0x800{n}", "691", "809", "ME21N", "VA01", "FB60", "MIGO", "E-{n}"},
		"n":          {"04", "11", "12", "17", "23", "31", "42", "58"},
	}

	vague = []string{
		"Hilfe", "Nichts geht mehr", "Problem", "PC kaputt", "Dringend!!!", "Bitte um Rückruf", "geht nicht", "Fehler", "Help", "Nothing works", "Problem with my computer", "Urgent", "does not work", "Error message", "Please call me",
		"Frage", "Support benötigt", "IT Problem",
	}

	aroundGerman = []string{
		"Hallo zusammen,", "Guten Morgen,", "Seit {since} ist das so.", "Habe schon neu gestartet, ohne Erfolg.", "Es ist dringend, ich habe gleich einen Termin.", "Kollegen haben das auch.", "Bei mir im Büro {where}.",
		"Gestern ging es noch.", "Bitte um schnelle Hilfe.", "Viele Grüße", "Ich arbeite gerade mit {app}.", "Am besten per Telefon erreichbar.", "Ticket hatte ich letzte Woche schon einmal.", "Danke euch.",
		"Ein Bild hängt an.", "Kunde wartet.", "Mein Gerät ist neu.", "Im Browser und in {app}.", "Vorher kam eine Meldung, die habe ich weggeklickt.",
	}
	aroundEnglish = []string{
		"Hello,", "Good morning,", "It is like that since {since}.", "I restarted already, no success.", "It is urgent, I have a meeting soon.", "Colleagues have it too.", "At my desk {where}.", "It worked yesterday.",
		"Please help quickly.", "Kind regards", "I am working with {app} right now.", "Best reached by phone.", "I had a ticket about it last week.", "Thank you.", "A picture is attached.", "A customer is waiting.",
		"My device is new.", "In the browser and in {app}.", "There was a message before, which I closed.",
	}

	// beside are findings that machines have at any time.
	beside = []string{"disk.nearly_full", "memory.swapping", "cpu.saturated", "network.wifi_weak", "update.pending", "time.off", "service.crash_loop", "dns.no_answer"}
)
