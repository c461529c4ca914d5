package grab

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/ui/traytest"
)

// portal is a desktop portal on a real session bus.
type portal struct {
	conn  *dbus.Conn
	code  uint32
	uri   string
	early bool // it answers before the call returns
	mute  bool
	asked chan map[string]dbus.Variant
}

func (p *portal) Screenshot(_ string, options map[string]dbus.Variant, sender dbus.Sender) (dbus.ObjectPath, *dbus.Error) {
	me := strings.ReplaceAll(strings.TrimPrefix(string(sender), ":"), ".", "_")
	token, _ := options["handle_token"].Value().(string)
	path := dbus.ObjectPath("/org/freedesktop/portal/desktop/request/" + me + "/" + token)
	p.asked <- options
	answer := func() {
		p.conn.Emit(path, requestName+".Response", p.code, map[string]dbus.Variant{"uri": dbus.MakeVariant(p.uri)})
	}
	switch {
	case p.mute:
	case p.early:
		answer()
	default:
		time.AfterFunc(20*time.Millisecond, answer)
	}
	return path, nil
}

func (p *portal) serve(t *testing.T, bus string) {
	t.Helper()
	c, err := dbus.Connect(bus)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	p.conn, p.asked = c, make(chan map[string]dbus.Variant, 4)
	if err := c.Export(p, portalPath, screenshotName); err != nil {
		t.Fatal(err)
	}
	if r, err := c.RequestName(portalName, dbus.NameFlagDoNotQueue); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(r, err)
	}
}

func write(t *testing.T, m image.Image) (path, uri string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "Screen shot.png")
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, (&url.URL{Scheme: "file", Path: path}).String()
}

// The picture that the desktop makes is taken over, and its file is not left behind.
func TestPortal(t *testing.T) {
	for _, early := range []bool{false, true} {
		d := traytest.NewDesktop(t, traytest.Options{NoScreen: true})
		m := image.NewNRGBA(image.Rect(0, 0, 30, 20))
		m.SetNRGBA(7, 9, color.NRGBA{200, 100, 50, 255})
		path, uri := write(t, m)
		p := &portal{uri: uri, early: early}
		p.serve(t, d.Bus)
		s, err := fromPortal(t.Context(), d.Bus)
		if err != nil {
			t.Fatal(err)
		}
		if s.Picture.Rect != image.Rect(0, 0, 30, 20) || s.Picture.RGBAAt(7, 9) != (color.RGBA{200, 100, 50, 255}) || len(s.Screens) != 1 {
			t.Errorf("the picture is %v with %v", s.Picture.Rect, s.Picture.RGBAAt(7, 9))
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the desktop's file is still there: %v", err)
		}
		if asked := <-p.asked; asked["interactive"].Value() != false {
			t.Errorf("it asked for %v", asked)
		}
	}
}

// Somebody says no, the desktop fails, says nothing, or names what is no picture.
func TestPortalWithout(t *testing.T) {
	huge := filepath.Join(t.TempDir(), "huge.png")
	if err := os.WriteFile(huge, header(100_000, 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		portal portal
		want   fault.Code
	}{
		"declined":   {portal{code: 1}, fault.Forbidden},
		"failed":     {portal{code: 2}, fault.Unavailable},
		"silent":     {portal{mute: true}, fault.Unavailable},
		"elsewhere":  {portal{uri: "https://example.com/a.png"}, fault.Unavailable},
		"nothing":    {portal{uri: "file:///nowhere/a.png"}, fault.Unavailable},
		"a folder":   {portal{uri: "file:///proc"}, fault.TooLarge},
		"far larger": {portal{uri: "file://" + huge}, fault.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			d := traytest.NewDesktop(t, traytest.Options{NoScreen: true})
			c.portal.serve(t, d.Bus)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			_, err := fromPortal(ctx, d.Bus)
			if !fault.Is(plain(err), c.want) {
				t.Errorf("it is %v", plain(err))
			}
		})
	}
	if _, err := fromPortal(t.Context(), ""); !fault.Is(plain(err), fault.Unavailable) {
		t.Errorf("without a bus it is %v", err)
	}
}

// header is the beginning of a picture of a size, and no more.
func header(w, h int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err)
	}
	out := b.Bytes()[:33]
	for i, n := range []int{w, h} {
		out[16+4*i], out[17+4*i], out[18+4*i], out[19+4*i] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
	}
	copy(out[29:33], crc(out[12:29]))
	return out
}

func crc(b []byte) []byte { return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(b)) }
