package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/internal/fault"
)

func TestCodeSentenceAndFieldOfWhateverComes(t *testing.T) {
	cause := errors.New("dial tcp 10.0.0.7:5432: connect: connection refused")
	wrapped := fault.Wrap(cause, fault.Unavailable, "The database does not answer. Try again in a moment.")
	for name, c := range map[string]struct {
		err      error
		code     fault.Code
		sentence string
		field    string
	}{
		"nothing":             {nil, "", "", ""},
		"a fault":             {fault.New(fault.Conflict, "Ben was first."), fault.Conflict, "Ben was first.", ""},
		"one with a number":   {fault.Newf(fault.Stale, "Ticket %d has changed.", 7), fault.Stale, "Ticket 7 has changed.", ""},
		"one about a field":   {fault.Field("title", "The ticket has no title."), fault.Invalid, "The ticket has no title.", "title"},
		"one with a cause":    {wrapped, fault.Unavailable, "The database does not answer. Try again in a moment.", ""},
		"one further in":      {fmt.Errorf("opening: %w", wrapped), fault.Unavailable, "The database does not answer. Try again in a moment.", ""},
		"one around another":  {fault.Wrap(wrapped, fault.Internal, "It did not work."), fault.Internal, "It did not work.", ""},
		"one among others":    {errors.Join(cause, fault.Field("a", "b")), fault.Invalid, "b", "a"},
		"an accident of ours": {cause, fault.Internal, "Something went wrong on our side. It has been written to the log; try again.", ""},
	} {
		if got := fault.CodeOf(c.err); got != c.code {
			t.Errorf("%s: the code %q, want %q", name, got, c.code)
		}
		if got := fault.Sentence(c.err); got != c.sentence {
			t.Errorf("%s: the sentence %q, want %q", name, got, c.sentence)
		}
		if got := fault.FieldOf(c.err); got != c.field {
			t.Errorf("%s: the field %q, want %q", name, got, c.field)
		}
		if c.err != nil && (!fault.Is(c.err, c.code) || fault.Is(c.err, "another")) {
			t.Errorf("%s: Is does not agree with CodeOf", name)
		}
	}
	if fault.Is(nil, "") {
		t.Error("no error is one")
	}
}

// TestCauseIsForTheLogOnly shows that the log gets the cause, and a person never.
func TestCauseIsForTheLogOnly(t *testing.T) {
	cause := errors.New("password=hunter2")
	err := fault.Wrap(cause, fault.Internal, "It did not work.")
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "hunter2") || err.Error() == cause.Error() {
		t.Errorf("the log gets %q", err)
	}
	for _, e := range []error{err, cause, fmt.Errorf("in between: %w", err)} {
		if strings.Contains(fault.Sentence(e), "hunter2") {
			t.Errorf("a person is told %q", fault.Sentence(e))
		}
	}
	if got := fault.New(fault.Full, "No space.").Error(); got != "No space." {
		t.Errorf("without a cause the log gets %q", got)
	}
}
