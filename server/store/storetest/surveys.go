package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/survey"
)

// testSurveys writes a question to more machines than one statement takes, answers
// some of them, and reads it after a restart: open while it is, swept when it is old.
func testSurveys(t *testing.T, e Engine) {
	w := Open(t, e)
	ctx := t.Context()
	at := w.Now().Truncate(time.Millisecond).UTC()
	s := survey.Survey{
		ID: "01JQ", Kind: wire.AskPing, Params: json.RawMessage(`{"host":"192.0.2.1"}`), Scope: survey.Scope{OS: "linux", Online: true},
		AskerID: "p", AskerName: "Olga", AskerRole: "operator", State: survey.Open, Total: 121, AskedAt: at, Until: at.Add(time.Hour),
	}
	replies := make([]survey.Reply, s.Total)
	for i := range replies {
		replies[i] = survey.Reply{Seq: i, Endpoint: fmt.Sprint("e", i), Name: fmt.Sprint("PC-", i), Site: "Berlin", OS: "linux", Standing: survey.Waiting}
	}
	must(t, w.DB.Surveys().Update(ctx, func(tx survey.Tx) error { return tx.AddSurvey(s, replies) }))
	replies[7].Standing, replies[7].Group, replies[7].Detail, replies[7].At = survey.Answered, "answers", "best 1 ms", at
	replies[120].Standing, replies[120].Code, replies[120].Sentence, replies[120].At = survey.Failed, "forbidden", "This machine does not allow this diagnostic.", at
	must(t, w.DB.Surveys().Update(ctx, func(tx survey.Tx) error {
		must(t, tx.SaveReply(s.ID, replies[7]))
		return tx.SaveReply(s.ID, replies[120])
	}))
	w.Reopen(t)
	open, err := w.DB.Surveys().Open(ctx)
	must(t, err)
	if diff := cmp.Diff([]survey.Survey{s}, open); diff != "" {
		t.Error(diff)
	}
	got, err := w.DB.Surveys().Replies(ctx, s.ID)
	must(t, err)
	if diff := cmp.Diff(replies, got); diff != "" {
		t.Error(diff)
	}
	must(t, w.Sweep(ctx, at.Add(time.Hour).UnixMilli(), 0)) // what is open is kept
	s.State, s.Answered, s.Failed, s.EndedAt = survey.Done, 1, 1, at.Add(time.Minute)
	must(t, w.DB.Surveys().Update(ctx, func(tx survey.Tx) error { return tx.SaveSurvey(s) }))
	if open, err = w.DB.Surveys().Open(ctx); err != nil || len(open) != 0 {
		t.Errorf("open: %+v, %v", open, err)
	}
	list, err := w.DB.Surveys().Surveys(ctx, "01JR", 10)
	must(t, err)
	if diff := cmp.Diff([]survey.Survey{s}, list); diff != "" {
		t.Error(diff)
	}
	must(t, w.Sweep(ctx, at.Add(time.Hour).UnixMilli(), 0))
	if list, err = w.DB.Surveys().Surveys(ctx, "", 10); err != nil || len(list) != 0 {
		t.Errorf("after a sweep: %+v, %v", list, err)
	}
	if got, err = w.DB.Surveys().Replies(ctx, s.ID); err != nil || len(got) != 0 {
		t.Errorf("after a sweep %d machines are left, %v", len(got), err)
	}
}
