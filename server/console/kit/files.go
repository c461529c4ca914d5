package kit

import (
	"fmt"

	"github.com/deskbell/deskbell/internal/wire"
)

// ListIn is the order to list a folder.
func ListIn(e wire.FileEntry) Act {
	return Act{Kind: wire.ActListFiles, Short: "Open…", Whole: "List " + Clip(e.Name, 80), Fields: map[string]string{"path": e.Path}}
}

// FetchOf is the order to fetch a file.
func FetchOf(e wire.FileEntry, machine string) Act {
	return Act{Kind: wire.ActFetchFile, Short: "Fetch…", Whole: "Fetch " + Clip(e.Name, 80) + " from " + machine, Fields: map[string]string{"path": e.Path}}
}

// takenOut says what a fetched file lacks of the one on the machine.
func takenOut(f *wire.Fetched) string {
	s := "no secret was found"
	switch {
	case !f.Text:
		s = "nothing: it is no text, and may hold secrets"
	case f.Redacted > 0:
		s = Plural(f.Redacted, "1 secret", "%d secrets")
	}
	if f.LeftOut > 0 {
		s += fmt.Sprintf("; %s between its beginning and its end", Bytes(uint64(f.LeftOut)))
	}
	return s
}
