package rulebook

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
)

// ReplyKind is the kind of canned replies.
const ReplyKind Kind = "reply"

// Reply is an answer that is written once and sent often.
type Reply struct {
	Entry
	Body string `json:"body" doc:"Markdown. {{requester.first_name}}, {{ticket.number}} and the like stand for what they say."`
}

// Kind implements Item.
func (*Reply) Kind() Kind { return ReplyKind }

// Check implements Item.
func (r *Reply) Check(*Book) error { return checkBody(r.Body, true) }

func checkBody(body string, needed bool) error {
	switch {
	case needed && strings.TrimSpace(body) == "":
		return fault.Field("body", "Write what the reply says.")
	case len(body) > 32<<10 || !utf8.ValidString(body):
		return fault.Field("body", "A reply is UTF-8 text of at most 32 KiB.")
	}
	for _, m := range variable.FindAllStringSubmatch(body, -1) {
		if _, ok := variables[m[1]]; !ok {
			return fault.Field("body", fmt.Sprintf("There is no variable {{%s}}. There are: %s.", clip(m[1]), strings.Join(Variables(), ", ")))
		}
	}
	return nil
}

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// variable finds what stands for something else. Braces with anything but a name
// between them are text.
var variable = regexp.MustCompile(`\{\{\s*([a-z_]+(?:\.[a-z_]+)+|[a-z_]+)\s*\}\}`)

// variables are the names of what a reply may hold, and how it is said to people.
var variables = map[string]string{
	"requester.name": "who rang", "requester.first_name": "their first name", "ticket.number": "the ticket's number", "ticket.title": "its title",
	"technician.name": "who answers", "technician.first_name": "their first name", "endpoint.name": "the machine", "site.name": "its site", "organisation.name": "whose help desk it is",
}

// Variables lists the names that a reply may hold.
func Variables() []string {
	return []string{"requester.name", "requester.first_name", "ticket.number", "ticket.title", "technician.name", "technician.first_name", "endpoint.name", "site.name", "organisation.name"}
}

// AboutVariable says in a few words what stands in a variable's place.
func AboutVariable(name string) string { return variables[name] }

// Expand puts values in the places of their variables. What has none is left out.
// Values are text: what somebody is called is not Markdown.
func Expand(body string, values map[string]string) string {
	return variable.ReplaceAllStringFunc(body, func(m string) string {
		v := values[variable.FindStringSubmatch(m)[1]]
		return marks.Replace(strings.Map(func(r rune) rune {
			if r < ' ' {
				return ' '
			}
			return r
		}, v))
	})
}

// marks keeps what Markdown would read as marks in a value.
var marks = strings.NewReplacer("*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "<", `\<`, "~", `\~`)
