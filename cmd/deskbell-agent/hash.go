package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/settings"
	"github.com/deskbell/deskbell/internal/wire"
)

type hashCmd struct {
	File string `arg:"" help:"The script as the console shows it under “As it is hashed”." type:"path"`
}

// Help is an example.
func (hashCmd) Help() string {
	return "Example: deskbell-agent hash free-space.json\n\nRead all that is shown before you put the SHA-256 into the list of “run --scripts”: it is of the text, the rights, the time and the values that the script takes. Neither the server nor the service is asked."
}

// Run shows what is hashed, and its hash.
func (c *hashCmd) Run(s settings.Streams) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "The file cannot be read.")
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "The file cannot be read.")
	}
	var script wire.Script
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&script); err != nil || d.More() {
		return fault.Wrap(err, fault.Invalid, "The file is not a script. Save what the console shows under “As it is hashed”, whole and nothing else.")
	}
	if err := script.Check(); err != nil {
		return err
	}
	_, err = io.WriteString(s.Out, tellScript(script))
	return err
}

// tellScript is all that is hashed as text. What a terminal would not show stands
// as its number.
func tellScript(s wire.Script) string {
	var b strings.Builder
	rights := "the requester's rights"
	if s.Root {
		rights = "an administrator's rights"
	}
	fmt.Fprintf(&b, "For %s, with %s, for at most %d seconds.\n", s.Interpreter, rights, s.Seconds)
	for _, p := range s.Params {
		fmt.Fprintf(&b, "It takes %s, a %s:", p.Name, p.Type)
		switch p.Type {
		case "text":
			fmt.Fprintf(&b, " %q", p.Pattern)
		case "number":
			fmt.Fprintf(&b, " %d to %d", p.Min, p.Max)
		case "choice":
			fmt.Fprintf(&b, " %q", p.Choices)
		default:
			b.WriteString(" yes or no")
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	for _, r := range strings.TrimSuffix(s.Body, "\n") {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
			continue
		}
		b.WriteRune(r)
	}
	fmt.Fprintf(&b, "\n\nSHA-256 %s\n", s.Hash())
	return b.String()
}
