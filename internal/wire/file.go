package wire

import "time"

// The kinds that look for a file on the machine and fetch one. They are tier T2:
// a file may say anything, so the machine's own settings name the places, and a
// file in somebody's home is theirs to give.
const (
	ActListFiles AskKind = "file.list"  // ListFilesParams → FilesPart
	ActFetchFile AskKind = "file.fetch" // FetchFileParams → FilePart, the chunks in order, then what became of it
)

// Bounds of a file.
const (
	FileChunk   = 192 << 10 // the bytes of one part
	MaxFileFrom = 10 << 20  // what is fetched of a file, unless the machine's settings say less
)

// ListFilesParams names a folder; empty asks which places there are.
type ListFilesParams struct {
	Path string `json:"path,omitempty"`
}

// FilesPart is what may be fetched, and where.
type FilesPart struct {
	Path    string      `json:"path,omitempty"`
	Places  []string    `json:"places,omitempty"` // as the machine's settings name them
	Entries []FileEntry `json:"entries,omitempty"`
	More    int         `json:"more,omitempty"` // entries that are not listed
	Asked   bool        `json:"asked,omitempty"`
}

// FileEntry is a file that may be fetched, or a folder on the way to one.
type FileEntry struct {
	Name     string    `json:"name"`
	Path     string    `json:"path"`
	Dir      bool      `json:"dir,omitempty"`
	Bytes    int64     `json:"bytes,omitempty"`
	Modified time.Time `json:"modified,omitzero"`
}

// FetchFileParams names a file. Ends asks of one that is too long for its beginning
// and its end.
type FetchFileParams struct {
	Path string `json:"path"`
	Ends bool   `json:"ends,omitempty"`
}

// FilePart is a chunk of a file, or what is known of it: first Name and Size, last
// Fetched.
type FilePart struct {
	Asked   bool     `json:"asked,omitempty"`
	Name    string   `json:"name,omitempty"`
	Size    int64    `json:"size,omitempty"` // on the machine, when it was opened
	Offset  int64    `json:"offset,omitempty"`
	Data    []byte   `json:"data,omitempty"`
	Fetched *Fetched `json:"fetched,omitempty"`
}

// Fetched is what became of a file: what was sent need not be what lies there.
type Fetched struct {
	Bytes    int64  `json:"bytes"`  // sent
	SHA256   string `json:"sha256"` // of what was sent
	Text     bool   `json:"text,omitempty"`
	Redacted int    `json:"redacted,omitempty"` // secrets that were taken out
	LeftOut  int64  `json:"left_out,omitempty"` // bytes between the beginning and the end
	Kept     string `json:"kept,omitempty"`     // set by the server: the attachment's SHA-256
}

// Withdrawable reports whether an order may be taken back while it is carried out:
// what only reads changes nothing by ending half way, and a script is ended rather
// than left to itself.
func (k AskKind) Withdrawable() bool {
	return !k.Acts() || k.Terminal() || k.Script() || k == ActListFiles || k == ActFetchFile || k == ActScreen
}
