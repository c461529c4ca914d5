package kit

import (
	"encoding/json"
	"net/http"
)

// JSON answers one of our own programs in the page. The error is always nil, as of
// Show.
func JSON(w http.ResponseWriter, status int, v any) error {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) // a browser that went away is no error of ours
	return nil
}
