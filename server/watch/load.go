package watch

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/server/alert"
)

//go:embed rules.yaml
var builtIn []byte

// BuiltIn are the rules that Deskbell brings.
func BuiltIn() []byte { return slices.Clone(builtIn) }

const builtInFile = "built in"

// load reads the rules when their files have changed. A file with a mistake changes
// nothing: what was read of it before goes on. The caller holds mu.
func (w *Watcher) load() {
	now := w.listing()
	if w.rules != nil && now == w.folder {
		return
	}
	w.folder, w.mistakes, w.reread = now, nil, true
	byName := map[string]*RuleState{}
	var order []string
	add := func(r *alert.Rule, built bool) {
		if byName[r.Name] == nil {
			order = append(order, r.Name)
		}
		byName[r.Name] = &RuleState{Rule: r, Built: built}
	}
	list, mistakes := alert.Parse(builtInFile, builtIn)
	w.mistakes = append(w.mistakes, mistakes...)
	for _, r := range list {
		add(r, true)
	}
	from := map[string]string{} // which file of one's own has a name
	for _, path := range w.files() {
		file := filepath.Base(path)
		content, err := os.ReadFile(path)
		var list []*alert.Rule
		var mistakes []alert.Mistake
		if err != nil {
			mistakes = []alert.Mistake{{File: file, Sentence: "It cannot be read: " + err.Error() + "."}}
		} else {
			list, mistakes = alert.Parse(file, content)
		}
		if len(mistakes) > 0 {
			w.mistakes = append(w.mistakes, mistakes...)
			list = w.before(file)
			w.o.Log.Warn("a rule file has mistakes; its old rules go on", "file", file, "mistake", mistakes[0].String(), "rules", len(list))
		}
		for _, r := range list {
			if other := from[r.Name]; other != "" {
				w.mistakes = append(w.mistakes, alert.Mistake{File: file, Line: r.Line, Rule: r.Name, Sentence: fmt.Sprintf("“%s” has a rule of this name already, which goes on. Give one of them another name.", other)})
				continue
			}
			from[r.Name] = file
			add(r, false)
		}
	}
	old := map[string]*RuleState{}
	for _, r := range w.rules {
		old[r.Rule.Name] = r
	}
	w.rules = w.rules[:0:0]
	for _, name := range order {
		s := byName[name]
		if o := old[name]; o != nil && o.Rule.Same(s.Rule) {
			s.AskedAt, s.Took, s.Problem, s.failures = o.AskedAt, o.Took, o.Problem, o.failures
		}
		w.rules = append(w.rules, s)
	}
	w.loadInhibitions()
}

// before are the rules of a file as they were read last.
func (w *Watcher) before(file string) []*alert.Rule {
	var out []*alert.Rule
	for _, s := range w.rules {
		if s.Rule.File == file && !s.Built {
			out = append(out, s.Rule)
		}
	}
	return out
}

// files are the rule files, by name.
func (w *Watcher) files() []string {
	var out []string
	for _, end := range []string{"*.yaml", "*.yml"} {
		list, _ := filepath.Glob(filepath.Join(w.o.Folder, end)) // the pattern is ours
		out = append(out, list...)
	}
	slices.Sort(out)
	return out
}

// listing is what tells whether a file has changed.
func (w *Watcher) listing() string {
	var b strings.Builder
	for _, path := range append(w.files(), w.inhibitFiles()...) {
		if info, err := os.Stat(path); err == nil {
			fmt.Fprintln(&b, path, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

// recall reads the alerts of before a restart. What was pending or firing then is
// unknown until it is heard of, and the time between does not count.
func (w *Watcher) recall(ctx context.Context) error {
	list, at, err := w.o.Store.Alerts(ctx)
	if err != nil {
		return err
	}
	if err := w.recallHolds(ctx); err != nil {
		return err
	}
	for _, i := range list {
		if w.alerts[i.ID] != nil {
			continue
		}
		if i.From == "" { // what others have said is true until they have had time to say otherwise
			i.Alert = alert.Step(i.Alert, alert.Observation{}, alert.Timing{}, at)
		}
		i.storedAt = i.HeardAt
		w.keep(&i)
	}
	w.loaded, w.since = true, w.o.Now()
	return nil
}

// recallHolds reads the silences, the maintenance windows and the outages. A silence that waits for
// calm waits anew: nobody has looked while the server was away.
func (w *Watcher) recallHolds(ctx context.Context) error {
	list, err := w.o.Store.Holds(ctx)
	if err != nil {
		return err
	}
	w.silences, w.windows, w.outages = nil, nil, map[string]*outage{}
	for _, d := range list {
		switch d.Kind {
		case alert.ForSilence:
			s := &silence{overAt: d.OverAt}
			if err := json.Unmarshal(d.Doc, &s.Silence); err != nil {
				return fmt.Errorf("the silence %s cannot be read: %w", d.ID, err)
			}
			if s.overAt.IsZero() {
				s.Quiet = time.Time{}
			}
			w.silences = append(w.silences, s)
		case alert.ForMaintenance:
			x := &window{overAt: d.OverAt}
			if err := json.Unmarshal(d.Doc, &x.Window); err != nil {
				return fmt.Errorf("the maintenance window %s cannot be read: %w", d.ID, err)
			}
			w.windows = append(w.windows, x)
		case alert.ForAncestor:
			if !d.OverAt.IsZero() {
				continue
			}
			o := &outage{}
			if err := json.Unmarshal(d.Doc, o); err != nil {
				return fmt.Errorf("what is lost by %s cannot be read: %w", d.ID, err)
			}
			w.outages[o.Alert] = o
		}
	}
	return nil
}

// keep adds an alert. The caller holds mu.
func (w *Watcher) keep(i *Item) *one {
	w.alerts[i.ID] = i
	if i.From != "" {
		return nil // no rule of ours has it, whatever it is called
	}
	o := &one{item: i, print: printOf(i.ID)}
	w.of[i.Rule] = append(w.of[i.Rule], o)
	return o
}

// drop takes alerts out. The caller holds mu.
func (w *Watcher) drop(gone map[string]struct{}) {
	for id := range gone {
		delete(w.alerts, id)
	}
	for rule, list := range maps.Clone(w.of) {
		list = slices.DeleteFunc(list, func(o *one) bool { _, is := gone[o.item.ID]; return is })
		if w.of[rule] = list; len(list) == 0 {
			delete(w.of, rule)
		}
	}
}
