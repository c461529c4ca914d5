package watch

import (
	_ "embed"
	"os"
	"path/filepath"
	"slices"

	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
)

//go:embed inhibit.yaml
var builtInInhibitions []byte

// InhibitFolder is where in the folder of rules the inhibitions of one's own are. They
// are not among the rules, whose files are Prometheus's and hold nothing else.
const InhibitFolder = "inhibit"

// loadInhibitions reads what holds back what. Of a file with a mistake what was read
// before goes on, and one of one's own takes the place of one of the same name. The
// caller holds mu.
func (w *Watcher) loadInhibitions() {
	was := w.inhibitions
	w.inhibitions = nil
	list, mistakes := alert.ParseInhibitions(builtInFile, builtInInhibitions)
	w.mistakes = append(w.mistakes, mistakes...)
	w.inhibitions = append(w.inhibitions, list...)
	for _, path := range w.inhibitFiles() {
		file := filepath.Join(InhibitFolder, filepath.Base(path))
		content, err := os.ReadFile(path)
		var list []alert.Inhibition
		var mistakes []alert.Mistake
		if err != nil {
			mistakes = []alert.Mistake{{File: file, Sentence: "It cannot be read: " + err.Error() + "."}}
		} else {
			list, mistakes = alert.ParseInhibitions(file, content)
		}
		if len(mistakes) > 0 {
			w.mistakes = append(w.mistakes, mistakes...)
			list = slices.DeleteFunc(slices.Clone(was), func(i alert.Inhibition) bool { return i.File != file })
			w.o.Log.Warn("a file of inhibitions has mistakes; its old ones go on", "file", file, "mistake", mistakes[0].String(), "inhibitions", len(list))
		}
		for _, i := range list {
			if i.Name != "" {
				w.inhibitions = slices.DeleteFunc(w.inhibitions, func(o alert.Inhibition) bool { return o.Name == i.Name && o.File == builtInFile })
			}
			w.inhibitions = append(w.inhibitions, i)
		}
	}
}

func (w *Watcher) inhibitFiles() []string {
	var out []string
	for _, end := range []string{"*.yaml", "*.yml"} {
		list, _ := filepath.Glob(filepath.Join(w.o.Folder, InhibitFolder, end)) // the pattern is ours
		out = append(out, list...)
	}
	slices.Sort(out)
	return out
}

// instances are the alerts as far as they can hold others. The caller holds mu.
func (w *Watcher) instances(yield func(alert.Instance) bool) {
	for _, i := range w.alerts {
		if !yield(i.instance()) {
			return
		}
	}
}

// Inhibitions lists what holds back what.
func (w *Watcher) Inhibitions(actor auth.Actor) ([]alert.Inhibition, error) {
	if err := auth.Authorise(actor, auth.NOCRead, auth.Object{}); err != nil {
		return nil, err
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	return slices.Clone(w.inhibitions), nil
}
