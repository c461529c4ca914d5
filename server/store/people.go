package store

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
)

// Auth returns the store of people and their credentials.
func (db *DB) Auth() auth.Store { return authStore{db} }

type authStore struct{ *DB }

type authTx struct{ *Tx }

// Update implements auth.Store.
func (s authStore) Update(ctx context.Context, f func(auth.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(authTx{tx}) })
}

func newID(now time.Time) string { return ulid.MustNewDefault(now).String() }

// printable takes control characters out of a name that an endpoint gave.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

const personColumns = "p.id, p.name, COALESCE(p.email, ''), p.role, p.password, p.disabled, p.created_at"

func scanPerson(r scanner) (auth.Person, error) {
	var p auth.Person
	var disabled, created int64
	err := r.Scan(&p.ID, &p.Name, &p.Email, &p.Role, &p.Password, &disabled, &created)
	p.Disabled, p.CreatedAt = disabled != 0, when(created)
	return p, err
}

const noPerson = "There is no such person."

// Person implements auth.Store.
func (s authStore) Person(ctx context.Context, id string) (auth.Person, error) {
	p, err := scanPerson(s.stmts.row(ctx, "SELECT "+personColumns+" FROM people p WHERE p.id = $1", id))
	return p, notFound(err, noPerson)
}

// PersonByEmail implements auth.Store.
func (s authStore) PersonByEmail(ctx context.Context, email string) (auth.Person, error) {
	p, err := scanPerson(s.stmts.row(ctx, "SELECT "+personColumns+" FROM people p WHERE p.email = $1", email))
	return p, notFound(err, noPerson)
}

// People implements auth.Store.
func (s authStore) People(ctx context.Context, q auth.PeopleQuery) ([]auth.Person, error) {
	rows, err := s.stmts.query(ctx, "SELECT "+personColumns+` FROM people p
		WHERE ($1 = 0 OR p.role <> '')
		AND ($2 = '' OR LOWER(p.name) LIKE $3 ESCAPE '\' OR p.email LIKE $3 ESCAPE '\')
		AND ($4 = '' OR (p.name, p.id) > (SELECT a.name, a.id FROM people a WHERE a.id = $4))
		ORDER BY p.name, p.id LIMIT $5`,
		flag(q.Staff), q.Text, "%"+likeEscaper.Replace(strings.ToLower(q.Text))+"%", q.After, q.Limit)
	return collect(rows, err, scanPerson)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Person implements auth.Tx.
func (tx authTx) Person(id string) (auth.Person, error) {
	p, err := scanPerson(tx.row("SELECT "+personColumns+" FROM people p WHERE p.id = $1", id))
	return p, notFound(err, noPerson)
}

// AddPerson implements auth.Tx.
func (tx authTx) AddPerson(p auth.Person) error {
	_, err := tx.changed("INSERT INTO people (id, name, email, role, password, disabled, created_at, find) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		p.ID, p.Name, null(p.Email), p.Role, p.Password, flag(p.Disabled), millis(p.CreatedAt), findOf(p.Name, p.Email, "", "", ""))
	if err != nil && tx.dialect.taken(err) {
		return fault.Newf(fault.Conflict, "Somebody with the address %s is here already.", p.Email)
	}
	return err
}

// null keeps "no address" from being an address that only one person can have.
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// SavePerson implements auth.Tx.
func (tx authTx) SavePerson(p auth.Person) error {
	c, err := peopleTx(tx).Person(p.ID)
	if err != nil {
		return err
	}
	return tx.exec("UPDATE people SET name = $1, email = $2, role = $3, password = $4, disabled = $5, find = $6 WHERE id = $7",
		p.Name, null(p.Email), p.Role, p.Password, flag(p.Disabled), findOf(p.Name, p.Email, c.Phone, c.Title, c.Department), p.ID)
}

// AccountPerson implements auth.Tx.
func (tx authTx) AccountPerson(endpoint, uid, login, full string, now time.Time) (auth.Person, error) {
	a, err := tx.Tx.Account(endpoint, uid, login, full, now)
	if err != nil {
		return auth.Person{}, err
	}
	return tx.Person(a.Person.ID)
}

// AddLink implements auth.Tx.
func (tx authTx) AddLink(l auth.Link) error {
	return tx.exec("INSERT INTO links (hash, kind, person_id, endpoint_id, uid, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
		l.Hash, l.Kind, l.Person, l.Endpoint, l.UID, millis(l.ExpiresAt))
}

// TakeLink implements auth.Tx.
func (tx authTx) TakeLink(hash []byte) (auth.Link, error) {
	l := auth.Link{Hash: hash}
	var expires int64
	err := tx.row("DELETE FROM links WHERE hash = $1 RETURNING kind, person_id, endpoint_id, uid, expires_at", hash).
		Scan(&l.Kind, &l.Person, &l.Endpoint, &l.UID, &expires)
	l.ExpiresAt = when(expires)
	return l, notFound(err, "There is no such link.")
}

// DropLinks implements auth.Tx.
func (tx authTx) DropLinks(person string) error {
	return tx.exec("DELETE FROM links WHERE person_id = $1", person)
}

const sessionColumns = "s.hash, s.kind, s.endpoint_id, s.uid, s.client, s.created_at, s.seen_at, s.expires_at"

func scanSession(r scanner) (auth.Session, error) {
	var s auth.Session
	var disabled, personCreated, created, seen, expires int64
	err := r.Scan(&s.Hash, &s.Kind, &s.Endpoint, &s.UID, &s.Client, &created, &seen, &expires,
		&s.Person.ID, &s.Person.Name, &s.Person.Email, &s.Person.Role, &s.Person.Password, &disabled, &personCreated)
	s.CreatedAt, s.SeenAt, s.ExpiresAt = when(created), when(seen), when(expires)
	s.Person.Disabled, s.Person.CreatedAt = disabled != 0, when(personCreated)
	return s, err
}

// Session implements auth.Store.
func (s authStore) Session(ctx context.Context, hash []byte) (auth.Session, error) {
	x, err := scanSession(s.stmts.row(ctx, "SELECT "+sessionColumns+", "+personColumns+" FROM sessions s JOIN people p ON p.id = s.person_id WHERE s.hash = $1", hash))
	return x, notFound(err, "There is no such session.")
}

// Sessions implements auth.Store.
func (s authStore) Sessions(ctx context.Context, person string) ([]auth.Session, error) {
	rows, err := s.stmts.query(ctx, "SELECT "+sessionColumns+", "+personColumns+" FROM sessions s JOIN people p ON p.id = s.person_id WHERE s.person_id = $1 ORDER BY s.seen_at DESC", person)
	return collect(rows, err, scanSession)
}

// AddSession implements auth.Tx.
func (tx authTx) AddSession(s auth.Session) error {
	// Sessions that have run out go when a new one comes: there is always one that does.
	if err := tx.exec("DELETE FROM sessions WHERE expires_at < $1", millis(s.CreatedAt)); err != nil {
		return err
	}
	return tx.exec("INSERT INTO sessions (hash, kind, person_id, endpoint_id, uid, client, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		s.Hash, s.Kind, s.Person.ID, s.Endpoint, s.UID, s.Client, millis(s.CreatedAt), millis(s.SeenAt), millis(s.ExpiresAt))
}

// TouchSession implements auth.Tx.
func (tx authTx) TouchSession(hash []byte, seen time.Time) error {
	return tx.exec("UPDATE sessions SET seen_at = $1 WHERE hash = $2", millis(seen), hash)
}

// DropSession implements auth.Tx.
func (tx authTx) DropSession(hash []byte) error {
	return tx.exec("DELETE FROM sessions WHERE hash = $1", hash)
}

// DropSessions implements auth.Tx.
func (tx authTx) DropSessions(person string, except []byte) error {
	if except == nil {
		except = []byte{}
	}
	return tx.exec("DELETE FROM sessions WHERE person_id = $1 AND hash <> $2", person, except)
}

const tokenColumns = "t.hash, t.id, t.name, t.role, t.created_at, t.expires_at, t.used_at"

func scanToken(r scanner) (auth.Token, error) {
	var t auth.Token
	var disabled, personCreated, created, expires, used int64
	err := r.Scan(&t.Hash, &t.ID, &t.Name, &t.Role, &created, &expires, &used,
		&t.Person.ID, &t.Person.Name, &t.Person.Email, &t.Person.Role, &t.Person.Password, &disabled, &personCreated)
	t.CreatedAt, t.ExpiresAt, t.UsedAt = when(created), when(expires), when(used)
	t.Person.Disabled, t.Person.CreatedAt = disabled != 0, when(personCreated)
	return t, err
}

const tokenQuery = "SELECT " + tokenColumns + ", " + personColumns + " FROM tokens t JOIN people p ON p.id = t.person_id"

// Token implements auth.Store.
func (s authStore) Token(ctx context.Context, hash []byte) (auth.Token, error) {
	t, err := scanToken(s.stmts.row(ctx, tokenQuery+" WHERE t.hash = $1", hash))
	return t, notFound(err, noToken)
}

const noToken = "There is no such token."

// Tokens implements auth.Store. An empty person means everybody.
func (s authStore) Tokens(ctx context.Context, person string) ([]auth.Token, error) {
	rows, err := s.stmts.query(ctx, tokenQuery+" WHERE $1 = '' OR t.person_id = $1 ORDER BY t.id DESC", person)
	return collect(rows, err, scanToken)
}

// AddToken implements auth.Tx.
func (tx authTx) AddToken(t auth.Token) error {
	return tx.exec("INSERT INTO tokens (hash, id, person_id, name, role, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		t.Hash, t.ID, t.Person.ID, t.Name, t.Role, millis(t.CreatedAt), millis(t.ExpiresAt))
}

// TouchToken implements auth.Tx.
func (tx authTx) TouchToken(id string, used time.Time) error {
	return tx.exec("UPDATE tokens SET used_at = $1 WHERE id = $2", millis(used), id)
}

// DropToken implements auth.Tx.
func (tx authTx) DropToken(id string) (auth.Token, error) {
	t, err := scanToken(tx.row(tokenQuery+" WHERE t.id = $1", id))
	if err != nil {
		return t, notFound(err, noToken)
	}
	return t, tx.exec("DELETE FROM tokens WHERE id = $1", id)
}

// DropTokens implements auth.Tx.
func (tx authTx) DropTokens(person string) error {
	return tx.exec("DELETE FROM tokens WHERE person_id = $1", person)
}
