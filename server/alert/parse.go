package alert

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// Mistake is what is wrong with a rule file, and where.
type Mistake struct {
	File         string
	Line, Column int // from 1; 0: the whole file
	Rule         string
	Sentence     string
}

// String says it for people, with the place.
func (m Mistake) String() string {
	where := m.File
	if m.Line > 0 {
		where += fmt.Sprintf(", line %d", m.Line)
		if m.Column > 0 {
			where += fmt.Sprintf(", column %d", m.Column)
		}
	}
	if m.Rule != "" {
		where += fmt.Sprintf(", rule “%s”", m.Rule)
	}
	return where + ": " + m.Sentence
}

// Bounds of a rule file.
const (
	maxFile  = 1 << 20
	maxRules = 1000
)

// Parse reads a rule file in Prometheus's form. Either there are rules or mistakes.
// Recording rules are refused: Deskbell has no place for what they make.
func Parse(file string, content []byte) ([]*Rule, []Mistake) {
	if len(content) > maxFile {
		return nil, []Mistake{{File: file, Sentence: "The file is larger than 1 MiB. Split it."}}
	}
	p := parser.NewParser(parser.Options{})
	groups, errs := rulefmt.Parse(content, false, model.UTF8Validation, p, promslog.NewNopLogger())
	r := reader{file: file, lines: strings.Split(string(content), "\n"), parser: p}
	if len(errs) > 0 {
		for _, err := range errs {
			r.mistakes = append(r.mistakes, r.mistakeOf(err))
		}
		return nil, r.mistakes
	}
	var where nodes
	if err := yaml.NewDecoder(bytes.NewReader(content)).Decode(&where); err != nil && !errors.Is(err, io.EOF) {
		return nil, []Mistake{r.mistakeOf(err)}
	}
	var out []*Rule
	seen := map[string]bool{}
	for g, group := range groups.Groups {
		for i := range group.Rules {
			rule := r.rule(&group, &group.Rules[i], &where.Groups[g].Rules[i])
			if rule == nil {
				continue
			}
			if seen[rule.Name] {
				r.wrong(rule, "There are two rules of this name. An alert is known by it: give one of them another.")
			}
			seen[rule.Name] = true
			out = append(out, rule)
		}
	}
	if len(out) > maxRules {
		r.mistakes = append(r.mistakes, Mistake{File: file, Sentence: fmt.Sprintf("The file has more than %d rules. Split it.", maxRules)})
	}
	if len(r.mistakes) > 0 {
		return nil, r.mistakes
	}
	return out, nil
}

type reader struct {
	file     string
	lines    []string
	parser   parser.Parser
	mistakes []Mistake
}

// nodes are where in the file the rules stand.
type nodes struct {
	Groups []struct {
		Rules []rulefmt.RuleNode `yaml:"rules"`
	} `yaml:"groups"`
}

func (r *reader) wrong(rule *Rule, sentence string) {
	r.mistakes = append(r.mistakes, Mistake{File: r.file, Line: rule.Line, Rule: rule.Name, Sentence: sentence})
}

func (r *reader) rule(g *rulefmt.RuleGroup, f *rulefmt.Rule, at *rulefmt.RuleNode) *Rule {
	rule := &Rule{
		Name: f.Alert, Group: g.Name, File: r.file, Line: at.Alert.Line, Expr: f.Expr, Every: time.Duration(g.Interval),
		Timing: Timing{For: time.Duration(f.For), Keep: time.Duration(f.KeepFiringFor), Steady: f.Annotations[Damping] == "off"},
		Labels: map[string]string{}, Annotations: f.Annotations,
	}
	for _, l := range []map[string]string{g.Labels, f.Labels} {
		for k, v := range l {
			rule.Labels[k] = v
		}
	}
	if f.Record != "" {
		r.mistakes = append(r.mistakes, Mistake{File: r.file, Line: at.Record.Line, Column: at.Record.Column, Rule: f.Record, Sentence: "This is a recording rule. Only alerts can be written here: write the expression into each rule that needs it."})
		return nil
	}
	switch s := rule.Severity(); {
	case s == "":
		r.wrong(rule, "It has no severity. Give it the label “severity”: critical, warning or info.")
	case s.Rank() == len(Severities()):
		r.wrong(rule, fmt.Sprintf("“%s” is no severity. It is critical, warning or info.", s))
	}
	if rule.Annotations[Summary] == "" {
		r.wrong(rule, "It has no summary. Give it the annotation “summary”: one sentence that says what is wrong, and where.")
	}
	if d, ok := rule.Annotations[Damping]; ok && d != "off" && d != "on" {
		r.wrong(rule, fmt.Sprintf("“%s” is no damping. It is on or off.", d))
	}
	if rule.Timing.For > longest || rule.Timing.Keep > longest {
		r.wrong(rule, "It waits for more than 31 days, longer than it would be remembered.")
	}
	if rule.Every > seldom {
		r.wrong(rule, "Its group is asked less than once a day. Give it an “interval” of 24h at most.")
	}
	if err := rule.compile(r.parser); err != nil {
		r.wrong(rule, "What ends it (“clear”) is not valid PromQL: "+plain(err)+".")
	}
	return rule
}

var leading = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\s*)?(?:line )?(\d+)(?::(\d+))?: `)

// mistakeOf makes of Prometheus's error one that a person finds the place by.
func (r *reader) mistakeOf(err error) Mistake {
	m := Mistake{File: r.file}
	text := err.Error()
	if at := leading.FindStringSubmatch(text); at != nil {
		m.Line, _ = strconv.Atoi(at[1])
		m.Column, _ = strconv.Atoi(at[2])
		text = text[len(at[0]):]
	}
	if e, ok := errors.AsType[*rulefmt.Error](err); ok {
		m.Rule = e.RuleName
		text = e.Err.Unwrap().Error()
	}
	if bad, ok := errors.AsType[parser.ParseErrors](err); ok && len(bad) > 0 {
		m.Line, m.Column = r.within(m.Line, m.Column, bad[0])
		m.Sentence = "The expression is not valid PromQL: " + plain(bad[0].Err) + "."
		return m
	}
	m.Sentence = sentence(text)
	return m
}

// within is where in the file a mistake in an expression is that begins at a line and
// column. Of a block, the text begins in the line below.
func (r *reader) within(line, column int, e parser.ParseErr) (int, int) {
	if line < 1 || line > len(r.lines) {
		return line, column
	}
	before := e.Query[:min(int(e.PositionRange.Start), len(e.Query))]
	down := strings.Count(before, "\n")
	in := len(before) - 1 - strings.LastIndex(before, "\n")
	start := ""
	if column >= 1 && column <= len(r.lines[line-1]) {
		start = r.lines[line-1][column-1:]
	}
	switch {
	case strings.HasPrefix(start, "|"), strings.HasPrefix(start, ">"):
		if at := line + 1 + down; at <= len(r.lines) {
			text := r.lines[at-1]
			return at, len(text) - len(strings.TrimLeft(text, " ")) + in + 1
		}
		return line, column
	case strings.HasPrefix(start, `"`), strings.HasPrefix(start, "'"):
		in++
	}
	return line, column + in
}

func plain(err error) string { return strings.TrimRight(strings.TrimSpace(err.Error()), ".") }

func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return "It cannot be read."
	}
	return strings.ToUpper(text[:1]) + strings.TrimRight(text[1:], ".") + "."
}
