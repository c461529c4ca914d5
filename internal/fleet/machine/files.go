package machine

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/internal/wire"
)

// logs is the one place of a simulated machine whose files can be fetched.
const logs = "/var/log/app"

const logText = "2026-03-02 08:59:41 starting\n2026-03-02 08:59:42 cannot open /srv/app/cache: no space left on device\n2026-03-02 08:59:42 giving up\n"

func answerListFiles(p wire.ListFilesParams, now time.Time) []Part {
	out := wire.FilesPart{Path: p.Path, Places: []string{logs + "/*.log"}}
	if p.Path == logs {
		out.Entries = []wire.FileEntry{{Name: "app.log", Path: logs + "/app.log", Bytes: int64(len(logText)), Modified: now.Add(-time.Minute).UTC()}}
	}
	return []Part{{100 * time.Millisecond, out}}
}

func answerFetchFile(p wire.FetchFileParams) ([]Part, error) {
	if p.Path != logs+"/app.log" {
		return nil, fault.New(fault.Forbidden, "This machine's own settings do not name this place (deskbell-agent run --fetch-from). The list of files says which they name.")
	}
	sum := sha256.Sum256([]byte(logText))
	return []Part{
		{100 * time.Millisecond, wire.FilePart{Name: path.Base(p.Path), Size: int64(len(logText))}},
		{100 * time.Millisecond, wire.FilePart{Data: []byte(logText)}},
		{0, wire.FilePart{Fetched: &wire.Fetched{Bytes: int64(len(logText)), SHA256: hex.EncodeToString(sum[:]), Text: true}}},
	}, nil
}
