package store

import "github.com/deskbell/deskbell/server/ticket"

// Indexed is what stands in the index of words for a ticket. Who loads many tickets at
// once, past Insert, writes it beside them.
type Indexed struct {
	Said, Noted             string // ticket_words
	SearchSaid, SearchNoted string // ticket_search, of SQLite
	Vector                  string // ticket_words.doc, of PostgreSQL
}

// IndexedOf returns what stands in the index for a history.
func IndexedOf(engine string, number int64, history []ticket.Event) Indexed {
	var x text
	for _, e := range history {
		x.add(e)
	}
	out := Indexed{Said: appendLines("", x.said), Noted: appendLines("", x.noted)}
	if engine == postgresDialect.name {
		out.Vector = vectorOf(number, out.Said, out.Noted)
		return out
	}
	left := maxWords
	block := blockOf(number)
	out.SearchSaid, out.SearchNoted = inBlock(block, out.Said, &left), inBlock(block, out.Noted, &left)
	return out
}
