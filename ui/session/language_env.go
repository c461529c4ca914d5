package session

import "strings"

// fromEnvironment reads the languages as POSIX and gettext name them. The first of
// the three that is set is the locale; LANGUAGE lists better ones, unless the
// locale says that programs are to speak as they were written.
func fromEnvironment(get func(string) string) []string {
	locale := ""
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale = get(name); locale != "" {
			break
		}
	}
	if base, _, _ := strings.Cut(locale, "."); base == "" || base == "C" || base == "POSIX" {
		return nil
	}
	var all []string
	for l := range strings.SplitSeq(get("LANGUAGE"), ":") {
		if l != "" {
			all = append(all, l)
		}
	}
	return append(all, locale)
}

// fromDefaults reads a list as macOS prints it: in parentheses, a line each, in
// quotation marks where a language has a country.
func fromDefaults(printed string) []string {
	return strings.FieldsFunc(printed, func(r rune) bool { return strings.ContainsRune(" \t\r\n(),\"", r) })
}
