package query

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// The keys of conditions over endpoints; site and endpoint are those of tickets.
const (
	OS       Key = "os"
	Platform Key = "platform"
	Agent    Key = "agent"
	Address  Key = "address"
	Model    Key = "model"
	Form     Key = "form"
	Software Key = "software"
	Subnet   Key = "subnet"
	AP       Key = "ap"
)

// EndpointLanguage lists the words by which endpoints are chosen, in the order in which
// people need them. They are written as the search box is: several have to fit, values
// with commas between them are alternatives, and - in front means not.
func EndpointLanguage() []Word {
	return []Word{
		{Site, nil, `site:Berlin,"New York"`, "where it stands"},
		{Endpoint, nil, "endpoint:FIN-*", "its name; * stands for anything, in all values"},
		{OS, []string{"linux", "windows", "macos"}, "os:windows", "its system"},
		{Platform, nil, `platform:"Windows 11*"`, "the system by its whole name"},
		{Model, nil, "model:*ThinkPad*", "its maker and model"},
		{Form, []string{"laptop", "desktop", "tablet", "server", "virtual"}, "form:laptop", "what sort of machine it is"},
		{Software, nil, "software:firefox", "a program that is installed"},
		{Subnet, nil, "subnet:10.0.4.0/24", "the one from which it reaches the server"},
		{AP, nil, "ap:54:05:db:aa:bb:cc", "the access point that it is at, by its name here or its hardware address"},
		{Address, nil, "address:10.0.4.*", "where its session comes from"},
		{Agent, nil, "agent:1.2.*", "the version of its agent"},
		{Text, nil, "fin", "in its name or address"},
	}
}

// ParseEndpoints reads a condition over endpoints. What it returns as an error is a
// fault.Invalid with a sentence for whoever typed it.
func ParseEndpoints(s string) (Filter, error) {
	var f Filter
	if !utf8.ValidString(s) {
		return f, mistake("The condition is not text.")
	}
	if utf8.RuneCountInString(s) > MaxLength {
		return f, mistakef("The condition is longer than %d characters.", MaxLength)
	}
	words, err := split(s)
	if err != nil {
		return f, err
	}
	if len(words) > maxTerms {
		return f, mistakef("The condition has %d words; %d are possible.", len(words), maxTerms)
	}
	for _, w := range words {
		t, err := w.endpointTerm()
		if err != nil {
			return Filter{}, err
		}
		f.Terms = append(f.Terms, t)
	}
	return f, nil
}

// endpointTerm makes a condition over endpoints of a word.
func (w word) endpointTerm() (Term, error) {
	t := Term{Not: w.not, Key: Key(w.key), Phrase: w.key == "" && w.quoted}
	i := slices.IndexFunc(EndpointLanguage(), func(x Word) bool { return x.Key == t.Key })
	if i < 0 {
		return t, mistakef("%s: is nothing that endpoints are chosen by. Possible are %s; in quotes it is looked for in names and addresses.", w.key, endpointKeys())
	}
	x := EndpointLanguage()[i]
	if w.op != "" {
		return t, mistakef("%s cannot be compared with %s: values are named, as in %s.", w.raw, w.op, x.Example)
	}
	if len(w.values) > maxValues {
		return t, mistakef("%s: has %d values; %d are possible.", w.key, len(w.values), maxValues)
	}
	for _, v := range w.values {
		if v = strings.TrimSpace(v); v == "" {
			return t, mistakef("%s needs a value, as in %s.", w.raw, x.Example)
		}
		if x.Values != nil {
			if v = strings.ToLower(v); !slices.Contains(x.Values, v) {
				return t, mistakef("%s: cannot be %q. Possible are %s.", w.key, v, strings.Join(x.Values, ", "))
			}
		}
		if !slices.Contains(t.Values, v) {
			t.Values = append(t.Values, v)
		}
	}
	return t, nil
}

func endpointKeys() string {
	var out []string
	for _, w := range EndpointLanguage() {
		if w.Key != Text {
			out = append(out, string(w.Key))
		}
	}
	return strings.Join(out, ", ")
}
