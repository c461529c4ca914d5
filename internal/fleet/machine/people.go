package machine

import (
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/wire"
)

var firstNames = []string{
	"Anna", "Ben", "Chiara", "David", "Elif", "Felix", "Greta", "Hugo", "Ines", "Jan", "Katarzyna", "Luis", "Marta", "Noah", "Olga", "Paul", "Rita", "Sven", "Tomasz", "Ulrike",
	"Vera", "Wiktor", "Yara", "Zoé", "Mehmet", "Priya", "João", "Søren", "Aoife", "Kenji", "Fatima", "Lukas",
}

var lastNames = []string{
	"Schmidt", "Novák", "Costa", "Weber", "Yılmaz", "Fischer", "Kowalska", "Martin", "Silva", "Becker", "Wójcik", "García", "Hansen", "Müller", "Petrova", "O'Brien", "Ferreira", "Krüger", "Zieliński",
	"Dubois", "Rossi", "Tanaka", "Sharma", "Haddad", "Lindqvist", "Braun", "Santos", "Nowak", "Vogel", "Öztürk", "Lang", "Pereira",
}

// People are those who use the machine, its owner first: one to three.
func (m *Machine) People() []wire.Account {
	n := 1
	switch m.model.form {
	case Desktop:
		n = 2 + int(m.seed%2)
	case Laptop, Workstation:
		n = 1 + int(m.seed%8/7)
	}
	people := make([]wire.Account, n)
	for i := range people {
		h := mix(m.seed + 1000 + uint64(i))
		first, last := firstNames[h%uint64(len(firstNames))], lastNames[h>>20%uint64(len(lastNames))]
		people[i] = wire.Account{UID: m.uid(i), Name: login(first, last), Full: first + " " + last}
	}
	return people
}

func (m *Machine) uid(i int) string {
	switch m.model.os {
	case "windows":
		return "S-1-5-21-2731946283-1804289383-846930886-" + strconv.Itoa(1104+i+int(m.seed%5000))
	case "darwin":
		return strconv.Itoa(501 + i)
	}
	return strconv.Itoa(1000 + i)
}

// plain is how directories write names that came from elsewhere.
var plain = strings.NewReplacer("á", "a", "ã", "a", "é", "e", "í", "i", "ó", "o", "ö", "oe", "ø", "o", "ü", "ue", "ı", "i", "ł", "l", "ń", "n", "Ö", "Oe", "'", "", "ç", "c")

func login(first, last string) string {
	return strings.ToLower(plain.Replace(first)[:1] + "." + plain.Replace(last))
}
