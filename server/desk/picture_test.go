package desk

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
)

// encoded returns a small picture in each format that a page shows.
func encoded(t *testing.T) map[string][]byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.Black, color.White})
	var p, g, j bytes.Buffer
	for _, err := range []error{png.Encode(&p, m), gif.Encode(&g, m, nil), jpeg.Encode(&j, m, nil)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	webp := func(kind string, rest ...byte) []byte {
		b := append([]byte("RIFF\x40\x00\x00\x00WEBP"+kind+"\x30\x00\x00\x00"), rest...)
		return append(b, make([]byte, 40)...)
	}
	exif := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0x10, 0x00}, make([]byte, 0x0ffe)...) // what a camera writes first
	return map[string][]byte{
		"image/png": p.Bytes(), "image/gif": g.Bytes(), "image/jpeg": j.Bytes(),
		"image/jpeg with EXIF": append(exif, j.Bytes()[2:]...),
		"image/webp VP8X":      webp("VP8X", 0, 0, 0, 0, 39, 0, 0, 29, 0, 0),
		"image/webp VP8L":      webp("VP8L", 0x2f, 39, 29<<6&0xff, 29>>2, 0),
		"image/webp VP8":       webp("VP8 ", 0, 0, 0, 0x9d, 0x01, 0x2a, 40, 0, 30, 0),
	}
}

func TestTypeOf(t *testing.T) {
	for name, b := range encoded(t) {
		want := name[:len("image/png")]
		if len(name) > len(want) && name[len(want)] != ' ' {
			want = name[:len("image/jpeg")]
		}
		if got := typeOf(b); got != want {
			t.Errorf("%s is %s", name, got)
		}
		for cut := range min(len(b), 64) { // half a head is no reason to fall over
			typeOf(b[:cut])
		}
	}
}

// TestEnormousPictures claim to be what no browser should unpack.
func TestEnormousPictures(t *testing.T) {
	all := encoded(t)
	huge := func(name string, change func(b []byte)) {
		t.Helper()
		b := bytes.Clone(all[name])
		change(b)
		if got := typeOf(b); got != "application/octet-stream" {
			t.Errorf("an enormous %s is %s", name, got)
		}
	}
	huge("image/png", func(b []byte) {
		binary.BigEndian.PutUint32(b[16:], 100_000)
		binary.BigEndian.PutUint32(b[20:], 100_000)
	})
	huge("image/png", func(b []byte) { // whose product is small again in 32 bits, and in 64
		binary.BigEndian.PutUint32(b[16:], 1<<31)
		binary.BigEndian.PutUint32(b[20:], 1<<31)
	})
	huge("image/png", func(b []byte) { b[12] = 'X' })
	huge("image/gif", func(b []byte) { copy(b[6:], "\xff\xff\xff\xff") })
	huge("image/jpeg with EXIF", func(b []byte) {
		at := bytes.Index(b, []byte{0xff, 0xc0})
		copy(b[at+5:], "\xff\xff\xff\xff")
	})
	huge("image/webp VP8X", func(b []byte) { copy(b[24:], "\xff\xff\xff\xff\xff\xff") })
	huge("image/webp VP8L", func(b []byte) { copy(b[21:], "\xff\xff\xff\x0f") })
	huge("image/webp VP8", func(b []byte) { copy(b[26:], "\xff\x3f\xff\x3f") })
	huge("image/jpeg", func(b []byte) { clear(b[4:]) })
	b := bytes.Clone(all["image/png"])
	binary.BigEndian.PutUint32(b[16:], 8000)
	binary.BigEndian.PutUint32(b[20:], 5000)
	if got := typeOf(b); got != "image/png" {
		t.Errorf("40 megapixels are %s", got)
	}
}

func FuzzTypeOf(f *testing.F) {
	for _, b := range [][]byte{[]byte("\xff\xd8\xff\xff\xff\xe1\x00\x00"), []byte("\x89PNG\r\n\x1a\n"), []byte("GIF89a"), []byte("RIFF\x00\x00\x00\x00WEBPVP8 ")} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if typeOf(b) == "" {
			t.Error("it is nothing")
		}
	})
}
