package console_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/desk"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
)

// frozen is twenty minutes of a machine whose memory runs out at the mark: it swaps,
// stands still for nine seconds, and then its clock is set back by an hour.
func frozen(mark time.Time) diagnostics.Recording {
	r := diagnostics.Recording{
		Version: 1, Mark: diagnostics.Mark{Kind: "froze", At: mark}, Names: []string{"firefox", "a\x1b[31m<b>indexer-with-a-very-long-name-that-does-not-end-here</b>", "kswapd0"},
		Columns: []diagnostics.RecordColumn{
			{Name: "cpu_busy_percent", Unit: "%", Scale: 10}, {Name: "memory_available_mebibytes", Unit: "MiB", Scale: 1},
			{Name: "stalled_for_disk_percent", Unit: "%", Scale: 10}, {Name: "disk_latency_milliseconds", Unit: "ms", Scale: 10},
			{Name: "fan_of_tomorrow_rpm", Unit: "rpm", Scale: 1},
		},
	}
	start := mark.Add(-10 * time.Minute)
	first := diagnostics.RecordStretch{Start: start}
	for i := range 620 {
		if i > 588 && i < 598 {
			continue // it stood still
		}
		near := math.Max(0, 1-math.Abs(float64(i)-595)/60)
		step := func(v float64) *int32 { n := int32(v); return &n }
		s := diagnostics.RecordSample{MS: int64(i) * 1000, Values: []*int32{
			step(1000 * (0.12 + 0.05*math.Sin(float64(i)/9) + 0.8*near)), step(math.Max(80, 6000-6500*near)), step(900 * near), step(20 + 4000*near), nil,
		}}
		s.Top = [][4]int64{{0, 2201, 90 + int64(400*near), 900 + int64(4800*near)}, {1, 4711, 60, 300}, {2, 61, int64(700 * near), 0}}
		first.Samples = append(first.Samples, s)
	}
	second := diagnostics.RecordStretch{Why: "clock_set", Start: mark.Add(20*time.Second - time.Hour)}
	for i := range 300 {
		v := int32(110)
		second.Samples = append(second.Samples, diagnostics.RecordSample{MS: int64(i) * 1000, Values: []*int32{&v}})
	}
	r.Stretches = []diagnostics.RecordStretch{first, second}
	return r
}

// ringWith rings with a file under the recorder's name.
func ringWith(t *testing.T, s *servertest.Server, m *browsertest.Machine, content []byte) int64 {
	t.Helper()
	d := desk.New(s.DB.Desk(), rulebook.Empty, time.Now)
	file, err := d.Store(t.Context(), s.Actor(auth.Technician), diagnostics.RecordingName, content)
	if err != nil {
		t.Fatal(err)
	}
	return m.Call(wire.TypeTicketOpen, wire.TicketOpen{
		Account: mara, Title: "It froze", RungAt: time.Now(), Attachments: []wire.Attachment{{SHA256: file.SHA256, Name: file.Name, Size: file.Size}},
	}).Number
}

// TestRecording shows beside a ticket what stands out around the mark, and goes
// through it second by second on its page, by keys alone.
func TestRecording(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	mark := time.Date(2026, 11, 21, 11, 42, 0, 0, time.UTC)
	b, err := json.Marshal(frozen(mark))
	if err != nil {
		t.Fatal(err)
	}
	n := ringWith(t, s, m, b)
	for _, scheme := range []string{"light", "dark"} {
		p := chromium.Open(t, s.HTTP, browsertest.Options{Scheme: scheme, Cookie: servertest.Cookie(auth.Staff, s.Session(auth.Technician))})
		p.Go(ticketPath(n))
		p.Shows("#panel-recording", "Nothing was recorded for 10 seconds")
		p.Shows("#panel-recording", "Memory available: down to")
		p.Shows("#panel-recording .recording-busiest", "kswapd0")
		if got := browsertest.Eval[int](p, "document.querySelectorAll('#panel-recording svg path').length"); got < 4 {
			t.Errorf("%d lines are drawn beside the ticket", got)
		}
		p.Accessible("recording-panel-" + scheme)
		p.Picture("recording-panel-" + scheme)

		p.Click("#panel-recording a.button")
		p.Until("the lines are drawn", "document.querySelector('[data-recording]')?.dataset.drawn === 'yes'")
		p.Shows("[data-moment]", "the mark")
		p.Shows("[data-top]", "firefox")
		p.Shows("[data-top]", "�[31m<b>indexer") // as text
		if got := browsertest.Eval[int](p, "document.querySelectorAll('.recording-chart canvas').length"); got != 5 {
			t.Errorf("%d charts are drawn, want one for each column", got)
		}
		at := browsertest.Eval[string](p, "document.querySelector('[data-recording]').dataset.at")
		browsertest.Eval[bool](p, "(document.querySelector('#moment').focus(), true)")
		p.Press(kb.ArrowRight)
		p.Shows("[data-moment]", "1 s after the mark")
		p.Click("[data-to-mark]")
		p.Until("the mark again", "document.querySelector('[data-recording]').dataset.at === '"+at+"' && document.activeElement.id === 'moment'")
		p.Accessible("recording-" + scheme)
		p.Fits("recording-" + scheme)
		p.Picture("recording-" + scheme)
		p.Click("details.fold summary")
		p.Shows("details.fold tbody", "clock was set")
		p.Accessible("recording-figures-" + scheme)
		p.Picture("recording-figures-" + scheme)
	}
	phone := chromium.Open(t, s.HTTP, browsertest.Options{Width: 390, Height: 844, Cookie: servertest.Cookie(auth.Staff, s.Session(auth.Technician))})
	phone.Go(ticketPath(n))
	phone.Click("#panel-recording a.button")
	phone.Until("the lines are drawn", "document.querySelector('[data-recording]')?.dataset.drawn === 'yes'")
	phone.Fits("recording-phone")
	phone.Picture("recording-phone")
}

// TestRecordingThatIsNone says why a file under the recorder's name cannot be shown,
// and the ticket's page has the rest.
func TestRecordingThatIsNone(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := ringWith(t, s, m, []byte(`{"version":1,"columns":[{"name":"x","unit":"","scale":0}]}`))
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Shows("#panel-recording", "cannot be shown: one of its columns has no scale")
	p.Accessible("recording-none")
	p.Picture("recording-none")
}
