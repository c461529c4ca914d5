package people

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/deskbell/deskbell/internal/fault"
)

// Field is what a column of a list can be.
type Field struct {
	Key   string
	Word  string
	Help  string
	names []string // what columns of that kind are called, folded
}

// Fields lists what can be imported, in the order of the page.
func Fields() []Field {
	return []Field{
		{"email", "E-mail address", "Needed: it says who is meant.", []string{"email", "mail", "emailaddress", "mailaddress", "emailadresse", "mailadresse", "userprincipalname", "upn", "courriel", "primarysmtpaddress"}},
		{"name", "Name", "Needed of people who are new.", []string{"name", "displayname", "fullname", "vollername", "anzeigename", "nom", "person", "employee", "mitarbeiter"}},
		{"site", "Site", "A site's name, as it stands under Administration.", []string{"site", "location", "office", "standort", "physicaldeliveryofficename", "building", "buro", "buero"}},
		{"manager", "Manager", "The manager's e-mail address.", []string{"manager", "manageremail", "managermail", "vorgesetzter", "vorgesetzte", "supervisor", "reportsto"}},
		{"vip", "VIP", "Yes or no.", []string{"vip", "isvip", "important"}},
		{"phone", "Phone", "", []string{"phone", "telephone", "telephonenumber", "phonenumber", "telefon", "telefonnummer", "businessphone", "mobile", "mobilephone", "mobil", "handy"}},
		{"title", "Title", "", []string{"title", "jobtitle", "position", "funktion", "role", "stelle"}},
		{"department", "Department", "", []string{"department", "abteilung", "dept", "team", "service"}},
		{"notes", "Notes", "", []string{"notes", "note", "comment", "bemerkung", "bemerkungen", "notiz", "notizen", "description"}},
	}
}

// Mapping says which column of a list holds which field: a column's index by a
// field's key.
type Mapping map[string]int

// Guess finds the fields by the columns' names.
func Guess(header []string) Mapping {
	m := Mapping{}
	for _, f := range Fields() {
		for _, name := range f.names { // the first of the names is the surest
			i := slices.IndexFunc(header, func(h string) bool { return key(h) == name })
			if i >= 0 && !m.uses(i) {
				m[f.Key] = i
				break
			}
		}
	}
	return m
}

func (m Mapping) uses(column int) bool {
	for _, i := range m {
		if i == column {
			return true
		}
	}
	return false
}

// check refuses a mapping that does not fit the table.
func (m Mapping) check(t Table) error {
	known := map[string]bool{}
	for _, f := range Fields() {
		known[f.Key] = true
	}
	used := map[int]string{}
	for f, i := range m {
		if !known[f] {
			return fault.Field("mapping", "“"+f+"” is nothing that is imported.")
		}
		if i < 0 || i >= len(t.Header) {
			return fault.Field("mapping", "The file has no column "+itoa(i+1)+". Choose the columns again.")
		}
		if other := used[i]; other != "" {
			return fault.Field("mapping", "The column “"+t.Header[i]+"” is chosen twice. Choose each column once.")
		}
		used[i] = f
	}
	if _, ok := m["email"]; !ok {
		return fault.Field("mapping", "Choose the column with the e-mail address: it says who is meant.")
	}
	return nil
}

// key makes the names of columns comparable: letters and digits, without accents.
func key(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, Fold(s))
}

// Fold makes text comparable for whoever searches: lower case, without accents,
// with German letters written out.
func Fold(s string) string {
	s = sharp.Replace(strings.ToLower(s))
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

var sharp = strings.NewReplacer("ß", "ss", "ø", "o", "ł", "l", "đ", "d", "æ", "ae", "œ", "oe")

func itoa(n int) string { return strconv.Itoa(n) }
