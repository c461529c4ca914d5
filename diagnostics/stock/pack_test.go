package stock_test

import (
	"bytes"
	"compress/flate"
)

// pack compresses any text.
func pack(text string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed)
	w.Write([]byte(text))
	w.Close()
	return b.Bytes()
}
