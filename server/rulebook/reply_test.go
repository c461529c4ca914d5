package rulebook_test

import (
	"strings"
	"testing"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/ticket"
)

func TestReplies(t *testing.T) {
	t.Parallel()
	got := rulebook.Expand("Dear {{requester.first_name}}, {{ ticket.number }} {{endpoint.name}}{{x}} {{ not a name }}", map[string]string{
		"requester.first_name": "**Mia** {{ticket.number}}\n", "ticket.number": "1042",
	})
	if want := `Dear \*\*Mia\*\* {{ticket.number}} , 1042  {{ not a name }}`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, name := range rulebook.Variables() {
		if err := (&rulebook.Reply{Body: "{{" + name + "}}"}).Check(nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []struct {
		item rulebook.Item
		says string
	}{
		{&rulebook.Reply{Body: "Dear {{requester.nickname}}"}, "There is no variable {{requester.nickname}}. There are: requester.name,"},
		{&rulebook.Reply{Body: " "}, "Write what the reply says."},
		{&rulebook.Macro{}, "does nothing"},
		{&rulebook.Macro{Body: "{{oops}}"}, "There is no variable {{oops}}."},
		{&rulebook.Macro{State: "resolve"}, "Choose how"},
		{&rulebook.Macro{State: "resolve", Code: ticket.Fixed, Note: true}, "cannot be a note"},
		{&rulebook.Macro{State: "wait"}, "waits for"},
		{&rulebook.Macro{State: "explode"}, "leaves its state"},
		{&rulebook.Macro{Tag: []string{" "}}, "A tag is"},
	} {
		err := c.item.Check(nil)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Sentence(err), c.says) {
			t.Errorf("%+v: %v", c.item, err)
		}
	}
}
