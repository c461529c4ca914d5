package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/deskbell/deskbell/server/survey"
)

// Surveys returns the store of questions to the fleet.
func (db *DB) Surveys() survey.Store { return surveyStore{db} }

type surveyStore struct{ *DB }

type surveyTx struct{ *Tx }

// Update implements survey.Store.
func (s surveyStore) Update(ctx context.Context, f func(survey.Tx) error) error {
	return s.update(ctx, func(tx *Tx) error { return f(surveyTx{tx}) })
}

const surveyColumns = "id, kind, params, scope, asker_id, asker_name, asker_role, state, total, answered, failed, asked_at, until_at, ended_at"

func scanSurvey(r scanner) (survey.Survey, error) {
	var s survey.Survey
	var params, scope string
	var asked, until, ended int64
	err := r.Scan(&s.ID, &s.Kind, &params, &scope, &s.AskerID, &s.AskerName, &s.AskerRole, &s.State, &s.Total, &s.Answered, &s.Failed, &asked, &until, &ended)
	if err != nil {
		return s, err
	}
	s.Params = json.RawMessage(params)
	s.AskedAt, s.Until, s.EndedAt = when(asked), when(until), when(ended)
	return s, json.Unmarshal([]byte(scope), &s.Scope)
}

// Survey implements survey.Store.
func (s surveyStore) Survey(ctx context.Context, id string) (survey.Survey, error) {
	v, err := scanSurvey(s.stmts.row(ctx, "SELECT "+surveyColumns+" FROM surveys WHERE id = $1", id))
	return v, notFound(err, "There is no such question to the fleet.")
}

// Surveys implements survey.Store.
func (s surveyStore) Surveys(ctx context.Context, before string, limit int) ([]survey.Survey, error) {
	rows, err := s.stmts.query(ctx, "SELECT "+surveyColumns+" FROM surveys WHERE $1 = '' OR id < $1 ORDER BY id DESC LIMIT $2", before, limit)
	return collect(rows, err, scanSurvey)
}

// Open implements survey.Store.
func (s surveyStore) Open(ctx context.Context) ([]survey.Survey, error) {
	rows, err := s.stmts.query(ctx, "SELECT "+surveyColumns+" FROM surveys WHERE state = 'open' ORDER BY id")
	return collect(rows, err, scanSurvey)
}

// Replies implements survey.Store.
func (s surveyStore) Replies(ctx context.Context, id string) ([]survey.Reply, error) {
	rows, err := s.stmts.query(ctx, `SELECT seq, endpoint_id, name, site, os, standing, answer, detail, code, sentence, at
		FROM survey_replies WHERE survey_id = $1 ORDER BY seq`, id)
	return collect(rows, err, func(r scanner) (survey.Reply, error) {
		var v survey.Reply
		var at int64
		err := r.Scan(&v.Seq, &v.Endpoint, &v.Name, &v.Site, &v.OS, &v.Standing, &v.Group, &v.Detail, &v.Code, &v.Sentence, &at)
		v.At = when(at)
		return v, err
	})
}

// surveyRows is how many machines of a survey one statement adds: there may be tens of
// thousands, and tickets wait behind them.
const surveyRows = 50

// AddSurvey implements survey.Tx.
func (tx surveyTx) AddSurvey(s survey.Survey, replies []survey.Reply) error {
	scope, err := json.Marshal(s.Scope)
	if err != nil {
		return err
	}
	err = tx.exec("INSERT INTO surveys ("+surveyColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
		s.ID, s.Kind, string(s.Params), string(scope), s.AskerID, s.AskerName, s.AskerRole, s.State, s.Total, s.Answered, s.Failed, millis(s.AskedAt), millis(s.Until), millis(s.EndedAt))
	for len(replies) > 0 && err == nil {
		n := 1
		if len(replies) >= surveyRows {
			n = surveyRows
		}
		args := make([]any, 0, 7*n)
		for _, r := range replies[:n] {
			args = append(args, s.ID, r.Seq, r.Endpoint, r.Name, r.Site, r.OS, r.Standing)
		}
		err = tx.exec("INSERT INTO survey_replies (survey_id, seq, endpoint_id, name, site, os, standing) VALUES "+rowPlaces(n, 7), args...)
		replies = replies[n:]
	}
	return err
}

// rowPlaces returns rows of numbered places: ($1, $2), ($3, $4).
func rowPlaces(rows, columns int) string {
	var b strings.Builder
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j := range columns {
			if j > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "$%d", i*columns+j+1)
		}
		b.WriteByte(')')
	}
	return b.String()
}

// SaveSurvey implements survey.Tx.
func (tx surveyTx) SaveSurvey(s survey.Survey) error {
	return tx.exec("UPDATE surveys SET state = $1, answered = $2, failed = $3, ended_at = $4 WHERE id = $5", s.State, s.Answered, s.Failed, millis(s.EndedAt), s.ID)
}

// SaveReply implements survey.Tx.
func (tx surveyTx) SaveReply(id string, r survey.Reply) error {
	return tx.exec("UPDATE survey_replies SET standing = $1, answer = $2, detail = $3, code = $4, sentence = $5, at = $6 WHERE survey_id = $7 AND seq = $8",
		r.Standing, r.Group, r.Detail, r.Code, r.Sentence, millis(r.At), id, r.Seq)
}
