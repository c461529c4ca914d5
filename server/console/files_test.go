package console_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestFetchAFile lists what a machine lets be fetched, fetches one of it, and finds it
// with the ticket: as a download, whatever is in it.
func TestFetchAFile(t *testing.T) {
	s := servertest.Start(t)
	m := browsertest.NewMachine(t, s, "Berlin", "PC-17")
	m.Join()
	n := m.Ring(mara, "The app does not start", "", nil, nil)
	inv := browsertest.Inventory("PC-17")
	inv.Hash, inv.Policy = "inventory-2", &wire.Policy{Allow: []wire.AskKind{wire.ActListFiles, wire.ActFetchFile}}
	m.Call(wire.TypeInventory, inv)
	data := []byte("<script>alert(1)</script>\n")
	sum := sha256.Sum256(data)
	sha := hex.EncodeToString(sum[:])
	m.Answer(func(q wire.Ask) []any {
		if q.Kind == wire.ActListFiles {
			return []any{wire.FilesPart{Path: "/var/log", More: 3, Entries: []wire.FileEntry{
				{Name: "app", Path: "/var/log/app", Dir: true},
				{Name: "<b>app.html", Path: "/var/log/<b>app.html", Bytes: 26, Modified: time.Now().Add(-time.Hour)},
				{Name: strings.Repeat("long", 60), Path: "/var/log/long", Bytes: 1 << 30},
			}}}
		}
		return []any{
			wire.FilePart{Asked: true}, wire.FilePart{Name: "<b>app.html", Size: 30}, wire.FilePart{Data: data},
			wire.FilePart{Fetched: &wire.Fetched{Bytes: int64(len(data)), SHA256: sha, Text: true, Redacted: 2}},
		}
	})
	p := open(t, s, auth.Technician)
	p.Go(ticketPath(n))
	p.Live()
	p.Click("details.act:has([value='file.list']) summary")
	p.Fill("details.act:has([value='file.list']) [name=path]", "/var/log")
	p.Click("details.act:has([value='file.list']) [type=submit]")
	p.Shows(".ask:first-child", "<b>app.html")
	p.Shows(".ask:first-child", "3 more are not listed.")
	p.Accessible("files of a machine")
	p.Fits("files of a machine")
	p.Picture("files")
	p.Click(".ask:first-child tr:nth-child(2) details.act summary")
	p.Click(".ask:first-child tr:nth-child(2) details.act [type=submit]")
	p.Shows(".ask:first-child", "2 secrets")
	p.Shows(".ask:first-child", "Download")
	p.Accessible("a fetched file")
	p.Picture("file")
	p.Clean()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+ticketPath(n)+"/attachments/"+sha, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(servertest.Cookie(auth.Staff, s.Session(auth.Technician)))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if h := resp.Header; resp.StatusCode != http.StatusOK || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("Content-Type") != "application/octet-stream" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d, %v", resp.StatusCode, h)
	}
}
