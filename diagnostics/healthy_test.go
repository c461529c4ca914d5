package diagnostics

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Each of these machines has something that a careless rule would report: images
// that are 100 % full, bridges without a link, a full swap that nobody reads, a
// gateway that answers no echo, a pulled stick in the log.
func TestHealthyMachinesHaveNoFindings(t *testing.T) {
	files, err := filepath.Glob("testdata/healthy/*.json")
	if err != nil || len(files) < 5 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s := readSnapshot(t, file)
			for _, f := range Judge(s) {
				t.Errorf("%s %s: %s %+v", f.Code, f.Severity, f.Detail, f.Evidence)
			}
		})
	}
}

func readSnapshot(t *testing.T, file string) Snapshot {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s Snapshot
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}
