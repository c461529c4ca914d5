package tongue

// Form is a plural form, by its name in CLDR.
type Form string

// The forms that our languages have.
const (
	One   Form = "one"
	Many  Form = "many" // whole millions, which take a “de” in French and Spanish
	Other Form = "other"
)

// Forms lists the forms that a text with a number needs in the language.
func (l Language) Forms() []Form {
	switch l {
	case French, Spanish:
		return []Form{One, Many, Other}
	}
	return []Form{One, Other}
}

// Form returns which form goes with a whole number, by CLDR's cardinal rules.
func (l Language) Form(n int64) Form {
	if n < 0 {
		n = -n
	}
	switch {
	case n == 1, l == French && n == 0:
		return One
	case (l == French || l == Spanish) && n != 0 && n%1_000_000 == 0:
		return Many
	}
	return Other
}
