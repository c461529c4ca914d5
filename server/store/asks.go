package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/ask"
)

// Asks returns the store of questions to endpoints.
func (db *DB) Asks() ask.Store { return askStore{db} }

type askStore struct{ *DB }

type askTx struct{ *Tx }

// Update implements ask.Store.
func (s askStore) Update(ctx context.Context, f func(ask.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(askTx{tx}) })
}

const askColumns = `a.id, a.endpoint_id, a.ticket_id, COALESCE(t.number, 0), a.kind, a.params, a.asker_id, a.asker_name, a.asker_uid,
	a.state, a.code, a.sentence, a.asked_at, a.expires_at, a.ended_at`

const askFrom = " FROM asks a LEFT JOIN tickets t ON t.id = a.ticket_id"

func scanAsk(r scanner, more ...any) (ask.Ask, error) {
	var a ask.Ask
	var params string
	var asked, expires, ended int64
	err := r.Scan(append([]any{&a.ID, &a.Endpoint, &a.Ticket, &a.Number, &a.Kind, &params, &a.AskerID, &a.AskerName, &a.AskerUID,
		&a.State, &a.Code, &a.Sentence, &asked, &expires, &ended}, more...)...)
	if params != "" {
		a.Params = json.RawMessage(params)
	}
	a.AskedAt, a.ExpiresAt, a.EndedAt = when(asked), when(expires), when(ended)
	return a, err
}

// Ask implements ask.Store.
func (s askStore) Ask(ctx context.Context, id string) (ask.Ask, error) {
	var answer string
	a, err := scanAsk(s.stmts.row(ctx, "SELECT "+askColumns+", a.answer"+askFrom+" WHERE a.id = $1", id), &answer)
	if err != nil {
		return a, notFound(err, "There is no such question.")
	}
	return a, fromJSON(answer, &a.Answer)
}

// Waiting implements ask.Store.
func (s askStore) Waiting(ctx context.Context, endpoint string) ([]ask.Ask, error) {
	rows, err := s.stmts.query(ctx, "SELECT "+askColumns+askFrom+" WHERE a.endpoint_id = $1 AND a.state IN ('waiting', 'running') AND a.state = 'waiting' ORDER BY a.id", endpoint)
	return collect(rows, err, func(r scanner) (ask.Ask, error) { return scanAsk(r) })
}

// Asks implements ask.Store.
func (s askStore) Asks(ctx context.Context, q ask.Query) ([]ask.Ask, error) {
	column, value := "a.endpoint_id", q.Endpoint
	if q.Ticket != "" {
		column, value = "a.ticket_id", q.Ticket
	}
	rows, err := s.stmts.query(ctx, "SELECT "+askColumns+askFrom+" WHERE "+column+" = $1 AND ($2 = '' OR a.id < $2) ORDER BY a.id DESC LIMIT $3", value, q.Before, q.Limit)
	return collect(rows, err, func(r scanner) (ask.Ask, error) { return scanAsk(r) })
}

// AddAsk implements ask.Tx.
func (tx askTx) AddAsk(a ask.Ask) error {
	return tx.exec(`INSERT INTO asks (id, endpoint_id, ticket_id, kind, params, asker_id, asker_name, asker_uid, state, asked_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		a.ID, a.Endpoint, a.Ticket, a.Kind, string(a.Params), a.AskerID, a.AskerName, a.AskerUID, a.State, millis(a.AskedAt), millis(a.ExpiresAt))
}

// SaveAsk implements ask.Tx.
func (tx askTx) SaveAsk(a ask.Ask) error {
	answer, err := toJSON(a.Answer)
	if err != nil {
		return err
	}
	return tx.exec("UPDATE asks SET state = $1, code = $2, sentence = $3, answer = $4, ended_at = $5 WHERE id = $6",
		a.State, a.Code, a.Sentence, answer, millis(a.EndedAt), a.ID)
}

// LoseAsks implements ask.Tx.
func (tx askTx) LoseAsks(now time.Time) ([]ask.Ask, error) {
	rows, err := tx.q.query(tx.ctx, "SELECT "+askColumns+askFrom+" WHERE a.state = 'running' ORDER BY a.id")
	list, err := collect(rows, err, func(r scanner) (ask.Ask, error) { return scanAsk(r) })
	if err != nil {
		return nil, err
	}
	for i := range list {
		a := &list[i]
		a.State, a.Code, a.EndedAt = ask.Unknown, fault.Unknown, now
		a.Sentence = "The server was restarted meanwhile: nobody knows whether the machine has answered. Ask again."
		if a.Kind.Acts() {
			a.Sentence = "The server was restarted meanwhile. The machine may have done what it was told, or not: look before you do it again."
		}
		if err := tx.SaveAsk(*a); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// ExpireAsks implements ask.Tx.
func (tx askTx) ExpireAsks(now time.Time) ([]ask.Ask, error) {
	rows, err := tx.q.query(tx.ctx, "SELECT "+askColumns+askFrom+" WHERE a.state IN ('waiting', 'running') AND a.state = 'waiting' AND a.expires_at <= $1", millis(now))
	list, err := collect(rows, err, func(r scanner) (ask.Ask, error) { return scanAsk(r) })
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		a.State, a.Code, a.Sentence, a.EndedAt = ask.Expired, "expired", "The machine did not come back in time.", now
		if err := tx.SaveAsk(a); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// EndpointName implements ask.Tx.
func (tx askTx) EndpointName(endpoint string) (name string, err error) {
	err = tx.row("SELECT name FROM endpoints WHERE id = $1", endpoint).Scan(&name)
	return name, notFound(err, noEndpoint)
}
