package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/server/query"
	"github.com/deskbell/deskbell/server/ticket"
)

// The words of a ticket are kept beside it and in an index over them, both written in
// the transaction of the events that say them. In the index each word has the block of
// its ticket's number before it. A question is put to the newest block first and to the
// next only when it has not found enough; so neither a word that all tickets have, nor a
// prefix that begins half of the dictionary, costs more than one block of it.
const blockBits = 13

// blockOf returns what stands before the words of a ticket in the index. It is of one
// length, so that it needs no end.
func blockOf(number int64) string { return blockName(number >> blockBits) }

func blockName(block int64) string {
	s := strconv.FormatInt(block, 36)
	return strings.Repeat("0", max(0, 5-len(s))) + s
}

// maxWords bounds what is searched of one ticket: PostgreSQL counts no further.
const maxWords = 16_000

// text is what events of one ticket say: lines of words.
type text struct {
	said, noted []string
	fresh       int64 // the number of a ticket that this transaction has made: it has no words yet
}

// with adds what was said later.
func (x *text) with(later *text) *text {
	return &text{append(x.said, later.said...), append(x.noted, later.noted...), max(x.fresh, later.fresh)}
}

func (x *text) add(e ticket.Event) {
	parts := []string{e.Title, e.Body}
	for _, f := range e.Findings {
		parts = append(parts, string(f.Code), f.Sentence)
	}
	for _, a := range e.Attachments {
		parts = append(parts, a.Name)
	}
	for _, p := range parts {
		line := query.Fold(p)
		switch {
		case line == "":
		case e.Public():
			x.said = append(x.said, " "+line+" ")
		default:
			x.noted = append(x.noted, " "+line+" ")
		}
	}
}

func (x *text) empty() bool { return len(x.said)+len(x.noted) == 0 }

// heard keeps what events say until the end of the transaction, and which tickets
// they are about; fresh is the number of a ticket that is new, else 0.
func (tx *Tx) heard(id string, fresh int64, events []ticket.Event) {
	tx.touched = append(tx.touched, id)
	for _, e := range events {
		if e.Type == ticket.PersonalDataGone {
			tx.again = append(tx.again, id)
		}
		x := &text{fresh: fresh}
		if x.add(e); x.empty() {
			continue
		}
		if tx.texts == nil {
			tx.texts = map[string]*text{}
		}
		if have := tx.texts[id]; have != nil {
			x = have.with(x)
		}
		tx.texts[id] = x
	}
}

// index writes what was said into the index. It is the last thing that a transaction
// does: FTS5 writes a segment whenever it is disturbed, so a group of writes is indexed
// at once.
func (tx *Tx) index() error {
	for _, id := range tx.again {
		if err := tx.reindex(id); err != nil {
			return err
		}
		delete(tx.texts, id)
	}
	ids := make([]string, 0, len(tx.texts))
	for id := range tx.texts {
		ids = append(ids, id)
	}
	slices.Sort(ids) // in one order everywhere, so that no two transactions wait for each other
	for _, id := range ids {
		x := tx.texts[id]
		if x.fresh > 0 {
			if err := tx.putWords(x.fresh, true, appendLines("", x.said), appendLines("", x.noted)); err != nil {
				return err
			}
			continue
		}
		var number int64
		var said, noted string
		err := tx.row("SELECT t.number, COALESCE(w.said, ''), COALESCE(w.noted, '') FROM tickets t LEFT JOIN ticket_words w ON w.number = t.number WHERE t.id = $1", id).
			Scan(&number, &said, &noted)
		if err != nil {
			return err
		}
		if err := tx.putWords(number, false, appendLines(said, x.said), appendLines(noted, x.noted)); err != nil {
			return err
		}
	}
	return nil
}

// reindex makes a ticket's words anew from its history.
func (tx *Tx) reindex(id string) error {
	var number int64
	if err := tx.row("SELECT number FROM tickets WHERE id = $1", id).Scan(&number); err != nil {
		return err
	}
	rows, err := tx.q.query(tx.ctx, "SELECT data FROM ticket_events WHERE ticket_id = $1 ORDER BY version", id)
	events, err := collect(rows, err, func(r scanner) (e ticket.Event, err error) {
		var data string
		if err := r.Scan(&data); err != nil {
			return e, err
		}
		return e, json.Unmarshal([]byte(data), &e)
	})
	if err != nil {
		return err
	}
	var x text
	for _, e := range events {
		x.add(e)
	}
	return tx.putWords(number, false, appendLines("", x.said), appendLines("", x.noted))
}

func appendLines(to string, lines []string) string {
	for _, l := range lines {
		if to != "" {
			to += "\n"
		}
		to += l
	}
	return to
}

// putWords writes the words of a ticket; fresh says that it has none so far.
func (tx *Tx) putWords(number int64, fresh bool, said, noted string) error {
	if tx.dialect == postgresDialect {
		return tx.exec(`INSERT INTO ticket_words (number, said, noted, doc) VALUES ($1, $2, $3, $4::tsvector)
			ON CONFLICT (number) DO UPDATE SET said = EXCLUDED.said, noted = EXCLUDED.noted, doc = EXCLUDED.doc`,
			number, said, noted, vectorOf(number, said, noted))
	}
	into := "INSERT OR REPLACE INTO "
	if fresh {
		into = "INSERT INTO " // does not look for what it would have to take out
	}
	if err := tx.exec(into+"ticket_words (number, said, noted) VALUES ($1, $2, $3)", number, said, noted); err != nil {
		return err
	}
	block := blockOf(number)
	left := maxWords
	return tx.exec(into+"ticket_search (rowid, said, noted) VALUES ($1, $2, $3)",
		number, inBlock(block, said, &left), inBlock(block, noted, &left))
}

// inBlock puts the block before each word. It alone stands between messages, so that
// no phrase reaches from one into the next.
func inBlock(block, lines string, left *int) string {
	var b strings.Builder
	b.Grow(len(lines) * 2)
	for line := range strings.SplitSeq(lines, "\n") {
		for w := range strings.FieldsSeq(line) {
			if *left--; *left < 0 {
				return b.String()
			}
			b.WriteString(block)
			b.WriteString(w)
			b.WriteByte(' ')
		}
		b.WriteString(block)
		b.WriteByte(' ')
	}
	return b.String()
}

// vectorOf writes PostgreSQL's vector down: the words with their places; those that
// everybody may read have the weight A.
func vectorOf(number int64, said, noted string) string {
	type place struct {
		word   string
		at     int
		public bool
	}
	var places []place
	at := 0
	for i, lines := range []string{said, noted} {
		for line := range strings.SplitSeq(lines, "\n") {
			for w := range strings.FieldsSeq(line) {
				if at++; at <= maxWords {
					places = append(places, place{w, at, i == 0})
				}
			}
			at++ // no phrase reaches from one message into the next
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.word, b.word), cmp.Compare(a.at, b.at)) })
	block := blockOf(number)
	var b strings.Builder
	for i, p := range places {
		if i > 0 && places[i-1].word == p.word {
			b.WriteByte(',')
		} else {
			b.WriteString(" '" + block + p.word + "':")
		}
		b.WriteString(strconv.Itoa(p.at))
		if p.public {
			b.WriteByte('A')
		}
	}
	return b.String()
}

// wordsIndexed says in meta that every ticket has its words: those from before there
// was an index were given theirs.
const wordsIndexed = "words_indexed"

// IndexOld gives the tickets from before there was a search their words, the newest
// first, and returns when all have them.
func (db *DB) IndexOld(ctx context.Context) error {
	done, err := db.Meta(ctx, wordsIndexed)
	if err != nil || done != "" {
		return err
	}
	for {
		rows, err := db.stmts.query(ctx, `SELECT t.id FROM tickets t LEFT JOIN ticket_words w ON w.number = t.number
			WHERE w.number IS NULL ORDER BY t.number DESC LIMIT 200`)
		ids, err := collect(rows, err, func(r scanner) (id string, err error) { return id, r.Scan(&id) })
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return db.SetMeta(ctx, wordsIndexed, "yes")
		}
		err = db.update(ctx, func(tx *Tx) error {
			for _, id := range ids {
				if err := tx.reindex(id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
