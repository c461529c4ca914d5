package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"github.com/deskbell/deskbell/internal/fault"
)

// Page is a part of a list.
type Page[T any] struct {
	Items      []T     `json:"items" nullable:"false"`
	NextCursor *string `json:"next_cursor" doc:"Give it as cursor to get the next part; null at the end."`
}

type pageOut[T any] struct{ Body Page[T] }

// Paging is what every list takes. It and the other parts of inputs are exported
// because huma looks into no others.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"400" doc:"The next_cursor of the part before."`
}

// cursorSum is how many bytes of a cursor show whether it is whole.
const cursorSum = 6

func cursorHash(list string, b []byte) []byte {
	h := sha256.Sum256(append([]byte(list+"\x00"), b...))
	return h[:cursorSum]
}

// cursorOf writes a place in a list down. What it holds is nobody's business but
// ours; its hash keeps it from being used for another list.
func cursorOf(list string, at any) *string {
	b, err := json.Marshal(at)
	if err != nil {
		panic(err) // numbers and strings always marshal
	}
	s := base64.RawURLEncoding.EncodeToString(append(b, cursorHash(list, b)...))
	return &s
}

// readCursor reads a place in a list. An empty one is the beginning, and leaves
// at as it is.
func readCursor(list, s string, at any) error {
	if s == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	n := len(b) - cursorSum
	if err != nil || n < 1 || !bytes.Equal(b[n:], cursorHash(list, b[:n])) || json.Unmarshal(b[:n], at) != nil {
		return fault.Field("cursor", "The cursor is damaged, or belongs to another list. Start again without it.")
	}
	return nil
}

// window returns the part of a whole list that a request wants. Lists that are
// short by their nature are read whole and cut here.
func window[T any](list string, all []T, p Paging) (*pageOut[T], error) {
	var from int
	if err := readCursor(list, p.Cursor, &from); err != nil {
		return nil, err
	}
	from = min(max(from, 0), len(all))
	to := min(from+p.Limit, len(all))
	out := &pageOut[T]{Page[T]{Items: append([]T{}, all[from:to]...)}}
	if to < len(all) {
		out.Body.NextCursor = cursorOf(list, to)
	}
	return out, nil
}

// pageOf returns a part that was read as such; next is the place to go on from,
// and nil at the end.
func pageOf[T any](list string, items []T, next any) *pageOut[T] {
	out := &pageOut[T]{Page[T]{Items: append([]T{}, items...)}}
	if next != nil {
		out.Body.NextCursor = cursorOf(list, next)
	}
	return out
}

// nextID is the place after an id, and nil for none.
func nextID(id string) any {
	if id == "" {
		return nil
	}
	return id
}
