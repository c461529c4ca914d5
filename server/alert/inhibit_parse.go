package alert

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// maxInhibitions bounds those of one file.
const maxInhibitions = 200

// ParseInhibitions reads a file with a list “inhibit_rules”, written as in the
// configuration of an Alertmanager. Either there are inhibitions or mistakes.
func ParseInhibitions(file string, content []byte) ([]Inhibition, []Mistake) {
	p := inhibitReader{reader{file: file}}
	if len(content) > maxFile {
		return nil, []Mistake{{File: file, Sentence: "The file is larger than 1 MiB. Split it."}}
	}
	var doc yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(content)).Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, []Mistake{p.mistakeOf(err)}
	}
	var out []Inhibition
	p.fields(doc.Content[0], "a file of inhibitions", map[string]func(*yaml.Node){"inhibit_rules": func(n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			p.at(n, "It is a list of inhibitions, each with source_matchers, target_matchers and equal.")
			return
		}
		if len(n.Content) > maxInhibitions {
			p.at(n, fmt.Sprintf("A file has at most %d inhibitions. Split it.", maxInhibitions))
			return
		}
		for _, one := range n.Content {
			out = append(out, p.inhibition(one))
		}
	}})
	seen := map[string]bool{}
	for _, i := range out {
		if i.Name != "" && seen[i.Name] {
			p.mistakes = append(p.mistakes, Mistake{File: file, Line: i.Line, Rule: i.Name, Sentence: "There are two inhibitions of this name. Give one of them another."})
		}
		seen[i.Name] = true
	}
	if len(p.mistakes) > 0 {
		return nil, p.mistakes
	}
	return out, nil
}

type inhibitReader struct{ reader }

// at notes what is wrong at a place in the file.
func (r *inhibitReader) at(n *yaml.Node, sentence string) {
	r.mistakes = append(r.mistakes, Mistake{File: r.file, Line: n.Line, Column: n.Column, Sentence: sentence})
}

// fields reads the fields of a mapping, and refuses those that it does not know.
func (r *inhibitReader) fields(n *yaml.Node, of string, known map[string]func(*yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.at(n, "Here fields are expected, such as “name: value”.")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		read := known[key.Value]
		switch {
		case read == nil:
			r.at(key, fmt.Sprintf("“%s” is no field of %s.", clip(key.Value, 60), of))
			continue
		case seen[key.Value]:
			r.at(key, fmt.Sprintf("“%s” is there twice.", key.Value))
			continue
		}
		seen[key.Value] = true
		read(n.Content[i+1])
	}
}

func (r *inhibitReader) inhibition(n *yaml.Node) Inhibition {
	out := Inhibition{File: r.file, Line: n.Line}
	before := len(r.mistakes)
	r.fields(n, "an inhibition", map[string]func(*yaml.Node){
		"name":            func(n *yaml.Node) { out.Name = n.Value },
		"source_matchers": func(n *yaml.Node) { out.Source = r.matchers(n) },
		"target_matchers": func(n *yaml.Node) { out.Target = r.matchers(n) },
		"equal": func(n *yaml.Node) {
			for _, l := range r.texts(n) {
				if !model.UTF8Validation.IsValidLabelName(l.Value) {
					r.at(l, "“"+clip(l.Value, 60)+"” is no name of a label.")
				}
				out.Equal = append(out.Equal, l.Value)
			}
		},
	})
	if len(r.mistakes) > before {
		return out
	}
	if len(out.Source.list) == 0 {
		r.at(n, "It does not say which alerts hold others back. Give it source_matchers.")
	}
	if len(out.Target.list) == 0 {
		r.at(n, "It does not say which alerts are held back. Give it target_matchers.")
	}
	return out
}

// texts are the items of a list of texts.
func (r *inhibitReader) texts(n *yaml.Node) []*yaml.Node {
	if n.Kind != yaml.SequenceNode || slices.ContainsFunc(n.Content, func(x *yaml.Node) bool { return x.Kind != yaml.ScalarNode }) {
		r.at(n, "It is a list of texts, such as ['severity=\"critical\"'].")
		return nil
	}
	return n.Content
}

// unquoted is a matcher whose value stands without quotes, as Alertmanager takes it.
var unquoted = regexp.MustCompile(`^(\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*)([^\s"'{},=~!][^"'{},]*?)\s*$`)

func (r *inhibitReader) matchers(n *yaml.Node) Matchers {
	var parts []string
	for _, item := range r.texts(n) {
		text, quoted := item.Value, 0
		if m := unquoted.FindStringSubmatch(text); m != nil {
			text = m[1] + `"` + strings.ReplaceAll(m[2], `\`, `\\`) + `"`
		}
		text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "{"), "}")
		if _, err := parser.NewParser(parser.Options{}).ParseMetricSelector("{" + text + "}"); err != nil {
			sentence, column := plain(err), 0
			if bad, ok := errors.AsType[parser.ParseErrors](err); ok && len(bad) > 0 {
				sentence, column = plain(bad[0].Err), max(0, int(bad[0].PositionRange.Start)-1)
			}
			if item.Style == yaml.SingleQuotedStyle || item.Style == yaml.DoubleQuotedStyle {
				quoted = 1
			}
			r.mistakes = append(r.mistakes, Mistake{
				File: r.file, Line: item.Line, Column: item.Column + quoted + min(column, len(item.Value)),
				Sentence: "This cannot be read as what a label has to be: " + sentence + ". Write it such as severity=\"critical\".",
			})
			return Matchers{}
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return Matchers{}
	}
	m, err := ParseMatchers("{" + strings.Join(parts, ", ") + "}")
	if err != nil {
		r.at(n, "These conditions cannot be taken: "+plain(err)+".")
	}
	return m
}
