package console_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/deskbell/deskbell/server"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/rulebook"
	"github.com/deskbell/deskbell/server/servertest"
	"github.com/deskbell/deskbell/server/ticket"
)

// undoable starts a server whose answers can be taken back for a while.
func undoable(t *testing.T, hold time.Duration) *servertest.Server {
	return servertest.Start(t, func(o *server.Options) { o.Undo = hold })
}

// TestUndo takes an answer back, sends it again and closes the tab: it is sent.
func TestUndo(t *testing.T) {
	s := undoable(t, 15*time.Second) // long enough to be looked at on a machine that is busy
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()
	p.Fill("#composer-text", "We bring **new** toner.")
	p.Click(".composer-send")
	p.Shows(".held", "Sending in")
	p.Until("the box is empty", "document.querySelector('#composer-text').value === ''")
	p.Accessible("held")
	p.Click("[data-undo]")
	p.Until("the words are back", "document.querySelector('#composer-text').value === 'We bring **new** toner.'")
	p.Gone(".held")
	if text := p.Text("#talk"); strings.Contains(text, "toner") {
		t.Errorf("it was sent all the same: %q", text)
	}
	p.Click(".composer-send")
	p.Shows(".held", "Sending in")
	p.Go("/account") // the ticket is left, and would be if the tab were closed
	watch := open(t, s, auth.Manager)
	watch.Go(ticketPath(n))
	watch.Live()
	watch.Shows(".message-staff strong", "new")
	p.Go(ticketPath(n))
	p.Until("the box is empty", "document.querySelector('#composer-text').value === ''")
	p.Gone(".held")
	p.Clean()
	watch.Clean()
}

// TestDraftElsewhere writes half a sentence in one browser and goes on in another.
func TestDraftElsewhere(t *testing.T) {
	s := undoable(t, -1)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	session := servertest.Cookie(auth.Staff, s.Session(auth.Technician))
	at := func() *browsertest.Page {
		p := chromium.Open(t, s.HTTP, browsertest.Options{Cookie: session})
		p.Go(ticketPath(n))
		p.Live()
		return p
	}
	p := at()
	p.Choose("[data-mode=note]", "note")
	p.Fill("#composer-text", "Her boss says")
	servertest.Wait(t, "the server has the draft", func() bool {
		q := at()
		defer q.Clean()
		return browsertest.Eval[bool](q, "document.querySelector('#composer-text').value === 'Her boss says' && document.querySelector('[data-mode=note]').checked")
	})
	q := at()
	q.Click(".composer-send")
	q.Shows(".message-note", "Her boss says")
	p.Go(ticketPath(n)) // the first browser has a copy of its own, which is older than the sending
	p.Live()
	p.Until("nothing comes back", "document.querySelector('#composer-text').value === ''")
	p.Clean()
	q.Clean()
}

func picture(t *testing.T) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPictures pastes a picture: it arrives while somebody writes, stands in the
// preview and in the answer, and is stored once.
func TestPictures(t *testing.T) {
	s := undoable(t, -1)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()
	// The draft is slow to arrive; the preview waits for it, as it fetches the picture from there.
	browsertest.Eval[bool](p, `(() => {
		const real = window.fetch;
		window.fetch = (at, o) => String(at).endsWith('/draft') ? new Promise(done => setTimeout(done, 700)).then(() => real(at, o)) : real(at, o);
		return true })()`)
	p.Fill("#composer-text", "Look:")
	paste := fmt.Sprintf(`(() => {
		const data = new DataTransfer();
		data.items.add(new File([new Uint8Array(%s)], '../../screen.png', {type: 'image/png'}));
		document.querySelector('#composer-text').dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
		return true })()`, strings.ReplaceAll(fmt.Sprintf("%d", picture(t)), " ", ","))
	browsertest.Eval[bool](p, paste)
	p.Shows("#composer-kept .file", "screen.png")
	p.Until("the picture stands in the words", "/Look:\\n!\\[screen.png\\]\\(picture:[0-9a-f]{64}\\)/.test(document.querySelector('#composer-text').value)")
	p.Click("[data-preview]")
	p.Until("the preview shows it", "document.querySelector('#composer-preview img')?.naturalWidth === 40")
	p.Click("[data-preview]")
	p.Click(".composer-send")
	p.Until("the answer shows it, once", "document.querySelector('.message-staff .prose img')?.naturalWidth === 40 && document.querySelectorAll('.message-staff img').length === 1")
	p.Keep("composer")
	svg := filepath.Join(t.TempDir(), "drawing.svg")
	if err := os.WriteFile(svg, []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="executed('svg')"><script>executed('svg')</script></svg>`), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Files("[data-files]", svg)
	p.Until("it has arrived", "document.querySelector('#composer-kept [name=kept]')")
	if text := browsertest.Eval[string](p, "document.querySelector('#composer-text').value"); text != "" {
		t.Errorf("a drawing that could act is put into the words as a picture: %q", text)
	}
	p.Fill("#composer-text", "and a drawing")
	p.Click(".composer-send")
	p.Shows(".message-staff .file", "drawing.svg")
	p.Clean()
}

// TestUploads sends what must not get in, and looks at how files go out.
func TestUploads(t *testing.T) {
	s := undoable(t, -1)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	cookie := servertest.Cookie(auth.Staff, s.Session(auth.Technician))
	form := ""
	send := func(path string, body io.Reader, length int64) (*http.Response, string) {
		t.Helper()
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.HTTP+path, body)
		if err != nil {
			t.Fatal(err)
		}
		q.ContentLength = length
		q.AddCookie(cookie)
		q.Header.Set("Expect", "100-continue")
		q.Header.Set("HX-Request", "true")
		if form != "" {
			q.Header.Set("Content-Type", form)
		}
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: 20 * time.Second}}
		a, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		b, _ := io.ReadAll(a.Body)
		return a, string(b)
	}
	read := &counter{}
	a, body := send(ticketPath(n)+"/files?name=huge.zip", read, 100<<20)
	if a.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(body, "is larger than 25 MiB") || read.n.Load() > 1<<20 {
		t.Errorf("100 MiB: %d after %d bytes: %s", a.StatusCode, read.n.Load(), body)
	}
	read = &counter{}
	if a, _ := send(ticketPath(n)+"/messages", read, 100<<20); a.StatusCode < 400 || read.n.Load() > 1<<20 {
		t.Errorf("a form of 100 MiB: %d after %d bytes", a.StatusCode, read.n.Load())
	}
	// A form says nothing of how large it is, or what is in it: at the byte that is
	// one too many no more is read, and the words are kept.
	for name, length := range map[string]int64{"announced": 40 << 20, "not announced": -1} {
		read = &counter{}
		head := "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nMy words\r\n--x\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\nreply\r\n" +
			"--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"../huge.zip\"\r\n\r\n"
		form = "multipart/form-data; boundary=x"
		a, body := send(ticketPath(n)+"/messages", io.MultiReader(strings.NewReader(head), read), length)
		if a.StatusCode < 400 || read.n.Load() > 34<<20 || !strings.Contains(body, "larger than 25 MiB") || !strings.Contains(body, "My words") {
			t.Errorf("a file of a form, %s: %d after %d bytes: %.400s", name, a.StatusCode, read.n.Load(), body)
		}
		form = ""
	}
	bomb := "PK\x03\x04" + strings.Repeat("\x00", 1000) // what is in it is nobody's business but its reader's
	a, body = send(ticketPath(n)+"/files?name=..%2F..%2Fetc%2Fbomb.zip", strings.NewReader(bomb), int64(len(bomb)))
	var stored struct {
		SHA256, Name, Type string
		Picture            bool
	}
	if err := json.Unmarshal([]byte(body), &stored); err != nil || a.StatusCode != http.StatusCreated || stored.Name != "bomb.zip" || stored.Type != "application/zip" {
		t.Fatalf("got %d, %s, %v", a.StatusCode, body, err)
	}
	// A few bytes that would have a browser unpack 40 GB are no picture to show.
	enormous := picture(t)
	binary.BigEndian.PutUint32(enormous[16:], 100_000)
	binary.BigEndian.PutUint32(enormous[20:], 100_000)
	a, body = send(ticketPath(n)+"/files?name=enormous.png", bytes.NewReader(enormous), int64(len(enormous)))
	if err := json.Unmarshal([]byte(body), &stored); err != nil || a.StatusCode != http.StatusCreated || stored.Picture || stored.Type != "application/octet-stream" {
		t.Errorf("a picture of 10 gigapixels: %d, %s, %v", a.StatusCode, body, err)
	}
}

// counter is a body without end. The client may read on from it after it has its answer.
type counter struct{ n atomic.Int64 }

func (c *counter) Read(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	clear(p)
	return len(p), nil
}

// TestMacro picks a macro by the keyboard alone: answer, state and tags in one.
func TestMacro(t *testing.T) {
	s := undoable(t, -1)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	keeper := rulebook.New(s.DB.Rulebook(), time.Now, slog.New(slog.DiscardHandler))
	boss := auth.SystemActor("test")
	for _, v := range []rulebook.Item{
		&rulebook.Reply{Entry: rulebook.Entry{Name: "Ask for the number"}, Body: "Dear {{requester.first_name}}, which printer is it? It is about {{ticket.number}}."},
		&rulebook.Macro{Entry: rulebook.Entry{Name: "Toner is on its way"}, Body: "Dear {{requester.first_name}}, new toner comes to {{site.name}}.", Take: true, State: "resolve", Code: ticket.Fixed, Tag: []string{"printer"}},
	} {
		if _, err := keeper.Save(t.Context(), boss, v); err != nil {
			t.Fatal(err)
		}
	}
	p := open(t, s, auth.Technician)
	servertest.Wait(t, "the server knows the macros", func() bool {
		p.Go(ticketPath(n))
		return browsertest.Eval[int](p, "fetch('"+ticketPath(n)+"/replies').then(a => a.json()).then(l => l.length)") == 2
	})
	p.Live()
	p.Click("#composer-text")
	p.Press(";")
	p.Shows("#composer-picker", "Toner is on its way")
	p.Shows("#composer-picker", "Dear Mara, which printer is it?")
	p.Accessible("picker")
	p.Keep("picker")
	p.Press("num")
	p.Until("one is left", "document.querySelectorAll('.pick').length === 1")
	p.Press(kb.Enter)
	p.Until("the reply is there", fmt.Sprintf("document.querySelector('#composer-text').value.trim() === 'Dear Mara, which printer is it? It is about %d.'", n))
	p.Fill("#composer-text", ";")
	p.Press("ton")
	p.Shows("#composer-picker", "Toner")
	p.Press(kb.Enter)
	p.Shows("#composer-then", "tag it “printer”")
	p.Press(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	p.Shows("#facts", "Resolved")
	p.Shows("#facts", "You have it")
	p.Shows(".message-solution", "Dear Mara, new toner comes to Berlin.")
	p.Clean()
}

// TestLeftWithEscape has a fresh box come in while the key with which somebody
// leaves the old one is still down: they are not put back into it, and single keys
// work.
func TestLeftWithEscape(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()
	p.Press("r")
	p.Until("the box has the focus", "document.activeElement.id === 'composer-text'")
	browsertest.Eval[bool](p, `(box => {
		box.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));
		const talk = box.closest("form"), fresh = talk.cloneNode(true);
		talk.replaceWith(fresh);
		fresh.dispatchEvent(new CustomEvent("htmx:after:process", {bubbles: true}));
		document.activeElement.dispatchEvent(new KeyboardEvent("keyup", {key: "Escape", bubbles: true}));
		return true;
	})(document.activeElement)`)
	p.Press("?")
	p.Shows("#keys", "Internal note")
	p.Clean()
}

// TestUnsent has a ticket end while an answer to it waits: the answer's writer is told
// that it was not sent, and has the words back.
func TestUnsent(t *testing.T) {
	t.Parallel()
	s := undoable(t, 3*time.Second)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The printer does not print", "", nil, nil)
	writer := servertest.Cookie(auth.Staff, s.Session(auth.Technician))
	post(t, s, writer, ticketPath(n)+"/messages", url.Values{"mode": {"reply"}, "text": {"We bring new toner."}, "message": {"01J0000000000000000000TEST"}})
	post(t, s, servertest.Cookie(auth.Staff, s.Session(auth.Manager)), ticketPath(n)+"/cancel", url.Values{"reason": {"Rung by mistake."}})
	read := func(path string) string {
		_, body := send(t, s, writer, "GET", path, nil, nil)
		return body
	}
	servertest.Wait(t, "the writer is told", func() bool { return strings.Contains(read("/notices"), "was not sent") })
	if body := read(ticketPath(n)); !strings.Contains(body, "We bring new toner.</textarea>") || !strings.Contains(body, "Not sent: ") {
		t.Errorf("the words are not back in the box, with the reason:\n%s", body)
	}
}
