package ask_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/jpeg"
	"io"
	"testing"
	"testing/synctest"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/server/ask"
	"github.com/deskbell/deskbell/server/auth"
)

func screenshot(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func taken(data []byte) wire.ScreenPart {
	sum := sha256.Sum256(data)
	return wire.ScreenPart{Taken: &wire.Taken{Bytes: int64(len(data)), SHA256: hex.EncodeToString(sum[:]), Width: 1, Height: 1, Kept: "forged"}}
}

// look asks for a picture, which comes in these parts.
func (b *bench) look(ticketID string, parts ...wire.ScreenPart) string {
	b.t.Helper()
	q, err := b.Act(b.t.Context(), anna, ask.Request{Endpoint: b.id, Ticket: ticketID, Kind: wire.ActScreen})
	if err != nil {
		b.t.Fatal(err)
	}
	for i, p := range parts {
		b.Answer(b.t.Context(), b.id, q.ID, partOf(b.t, i, p))
	}
	b.Answer(b.t.Context(), b.id, q.ID, wire.Answer{Part: len(parts), Done: true})
	synctest.Wait()
	return q.ID
}

func partOf(t *testing.T, n int, p wire.ScreenPart) wire.Answer {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Answer{Part: n, Data: b}
}

func TestAPictureOfAScreenIsShownAndKeptOnce(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		d, ticketID := b.ring()
		data := screenshot(t, 1280, 720)
		half := len(data) / 2
		id := b.look(ticketID, wire.ScreenPart{Asked: true}, wire.ScreenPart{}, wire.ScreenPart{Data: data[:half]}, wire.ScreenPart{Offset: int64(half), Data: data[half:]}, taken(data))
		b.want(id, ask.Done, "")
		if got, err := b.Picture(t.Context(), anna, id); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes of %d, %v", len(got), len(data), err)
		}
		reader := anna
		reader.Role = auth.Operator
		if q, err := b.Get(t.Context(), reader, id); err == nil && len(q.Answer) != 0 {
			t.Error("who may not act on machines sees the picture")
		}
		if got, err := b.Picture(t.Context(), reader, id); err == nil || len(got) != 0 {
			t.Error("who may not act on machines gets the picture")
		}
		if attachments(t, d, ticketID) != 0 {
			t.Error("it was kept unasked")
		}
		for range 2 {
			if _, err := b.KeepPicture(t.Context(), anna, id); err != nil {
				t.Fatal(err)
			}
		}
		if n := attachments(t, d, ticketID); n != 1 {
			t.Errorf("it was kept %d times", n)
		}
		_, r, err := d.Attachment(t.Context(), anna, ticketID, hashOf(data))
		if err != nil {
			t.Fatal(err)
		}
		if stored, err := io.ReadAll(r); err != nil || !bytes.Equal(stored, data) {
			t.Errorf("%d bytes are kept, %v", len(stored), err)
		}
		if _, err := b.Act(t.Context(), anna, ask.Request{Endpoint: b.id, Kind: wire.ActScreen}); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a ticket: %v", err)
		}
	})
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// What a machine sends instead of a picture is not kept, and never shown.
func TestHostilePicturesOfAScreen(t *testing.T) {
	good := screenshot(t, 64, 48)
	wide := bytes.Clone(good)
	at := bytes.Index(wide, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(wide[at+5:], 60000)
	binary.BigEndian.PutUint16(wide[at+7:], 60000)
	page := []byte("<!doctype html><script>alert(1)</script>")
	drawing := []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)
	whole := screenshot(t, 1280, 720)
	torn := whole[:len(whole)-200] // its header says nothing of that
	other := bytes.Clone(good)
	other[len(other)-3] ^= 1
	png := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x86\xa0\x00\x01\x86\xa0"), make([]byte, 64)...) // 100 000 pixels
	large := append(bytes.Clone(good), make([]byte, wire.MaxScreen)...)
	for name, parts := range map[string][]wire.ScreenPart{
		"a huge header":   {{Data: wide}, taken(wide)},
		"another format":  {{Data: png}, taken(png)},
		"a page":          {{Data: page}, taken(page)},
		"a drawing":       {{Data: drawing}, taken(drawing)},
		"half a picture":  {{Data: torn}, taken(torn)},
		"another hash":    {{Data: good}, taken(other)},
		"a gap":           {{Data: good[:9]}, {Offset: 12, Data: good[12:]}, taken(good)},
		"no end":          {{Data: good}},
		"after the end":   {{Data: good}, taken(good), {Offset: int64(len(good)), Data: page}},
		"larger than one": {{Data: large}, taken(large)},
		"nothing":         nil,
	} {
		run(t, func(t *testing.T, b *bench) {
			_, ticketID := b.ring()
			id := b.look(ticketID, parts...)
			if q := b.want(id, ask.Failed, fault.Invalid); len(q.Answer) != 0 {
				t.Errorf("%s: %d parts are kept", name, len(q.Answer))
			}
			if got, err := b.Picture(t.Context(), anna, id); !fault.Is(err, fault.NotFound) || len(got) != 0 {
				t.Errorf("%s is shown: %v", name, err)
			}
		})
	}
}
