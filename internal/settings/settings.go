// Package settings runs a command line: the same rules for all of Deskbell's
// programs. A setting comes from a flag, else from the environment (DESKBELL_ and
// the flag's name), else from a YAML file, else from its default; an unknown key
// is an error. The exit status is 0 when it worked, 1 when it failed and 2 when
// the command was used wrongly.
package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"github.com/deskbell/deskbell/internal/fault"
)

// The exit statuses.
const (
	OK     = 0
	Failed = 1
	Misuse = 2
)

// Env is the prefix of Deskbell's environment variables.
const Env = "DESKBELL"

// Program is one of Deskbell's programs.
type Program struct {
	Name   string
	About  string // one sentence
	File   string // the configuration file that is read when it exists; --config names another
	Stdout io.Writer
	Stderr io.Writer
	// Bind are values that the commands' Run methods take, beside a
	// context.Context that ends with SIGINT or SIGTERM, a *slog.Logger and a Streams.
	Bind []any
}

// Globals are the flags of every program. Embed them in the grammar.
type Globals struct {
	Config string `help:"Read settings from this YAML file." placeholder:"FILE" type:"path"`
	Log    string `help:"What to log: debug, info, warn or error." default:"info" enum:"debug,info,warn,error"`
}

// Streams are where a command prints.
type Streams struct {
	Out io.Writer // data
	Err io.Writer // notices and logs
}

// Print writes a value as one line of JSON.
func (s Streams) Print(v any) error {
	return json.NewEncoder(s.Out).Encode(v)
}

// Run parses the arguments into the grammar, a pointer to a kong grammar that
// embeds Globals, runs the command they select and returns the exit status.
func (p Program) Run(grammar any, args []string) int {
	if p.Stdout == nil {
		p.Stdout, p.Stderr = os.Stdout, os.Stderr
	}
	file, explicit := configFile(args, p.File)
	values, err := readFile(file, explicit)
	if err != nil {
		return p.fail(err)
	}
	exited := -1
	app, err := kong.New(grammar,
		kong.Name(p.Name), kong.Description(p.About), kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.DefaultEnvars(Env), kong.Resolvers(&fileResolver{file: file, values: values}),
		kong.Writers(p.Stdout, p.Stderr), kong.Exit(func(code int) { exited = code; panic(exit{}) }),
	)
	if err != nil {
		panic(err) // a grammar that does not parse is a bug
	}
	parsed, err := parse(app, args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		if fault.CodeOf(err) != fault.Internal {
			fmt.Fprintf(p.Stderr, "%s: %s\n", p.Name, fault.Sentence(err))
		} else {
			fmt.Fprintf(p.Stderr, "%s: %s. “%s --help” tells how it is used.\n", p.Name, strings.TrimSuffix(err.Error(), "."), commandOf(p.Name, parsed))
		}
		return Misuse
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(p.Stderr, &slog.HandlerOptions{Level: level(parsed)}))
	parsed.BindTo(ctx, (*context.Context)(nil))
	binds := append([]any{log, Streams{p.Stdout, p.Stderr}, &Effective{parsed: parsed, file: file, values: values}}, p.Bind...)
	if err := parsed.Run(binds...); err != nil {
		return p.fail(err)
	}
	return OK
}

// exit unwinds kong's help, which must not end a test's process.
type exit struct{}

func parse(app *kong.Kong, args []string) (ctx *kong.Context, err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exit); !ok {
				panic(r)
			}
		}
	}()
	ctx, err = app.Parse(args)
	if pe, ok := errors.AsType[*kong.ParseError](err); ok {
		ctx = pe.Context
	}
	return ctx, err
}

func commandOf(name string, ctx *kong.Context) string {
	if ctx != nil && ctx.Selected() != nil {
		return name + " " + ctx.Selected().Path()
	}
	return name
}

func (p Program) fail(err error) int {
	if errors.Is(err, context.Canceled) {
		return OK // we were asked to stop
	}
	text := err.Error() // without a code it is for whoever runs this: say it all
	code := Failed
	if f, ok := errors.AsType[*fault.Error](err); ok {
		text = f.Sentence
		if f.Code == fault.Internal || f.Code == fault.Unavailable {
			text = f.Error()
		}
		if f.Field != "" && strings.HasPrefix(f.Field, "--") {
			code = Misuse
		}
	}
	fmt.Fprintf(p.Stderr, "%s: %s\n", p.Name, text)
	return code
}

func level(ctx *kong.Context) slog.Level {
	var l slog.Level
	for _, f := range ctx.Flags() {
		if f.Name == "log" {
			l.UnmarshalText([]byte(f.Target.String())) // kong has checked the enum
		}
	}
	return l
}

// configFile finds --config before the grammar is parsed, since parsing needs it.
func configFile(args []string, standard string) (name string, explicit bool) {
	for i, a := range args {
		if a == "--" {
			break
		}
		if v, ok := strings.CutPrefix(a, "--config="); ok {
			return v, true
		}
		if a == "--config" && i+1 < len(args) {
			return args[i+1], true
		}
	}
	if v := os.Getenv(Env + "_CONFIG"); v != "" {
		return v, true
	}
	return standard, false
}

func readFile(name string, explicit bool) (map[string]any, error) {
	if name == "" {
		return nil, nil
	}
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && !explicit {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The configuration file "+name+" cannot be read: "+err.Error()+".")
	}
	var values map[string]any
	if err := yaml.Unmarshal(b, &values); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The configuration file "+name+" is not YAML: "+strings.TrimPrefix(err.Error(), "yaml: ")+".")
	}
	return values, nil
}

// fileResolver gives kong the file's values. Keys are the flags' names.
type fileResolver struct {
	file   string
	values map[string]any
}

// Validate refuses keys that no command has a flag for.
func (r *fileResolver) Validate(app *kong.Application) error {
	known := map[string]bool{}
	collect(app.Node, known)
	var unknown []string
	for k := range r.values {
		if !known[k] {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return fault.Newf(fault.Invalid, "The configuration file %s has the key “%s”, which no setting has. Check its spelling; “config print” lists them all.", r.file, unknown[0])
}

func collect(n *kong.Node, into map[string]bool) {
	for _, f := range n.Flags {
		into[f.Name] = true
	}
	for _, c := range n.Children {
		collect(c, into)
	}
}

// Resolve returns the file's value of a flag, or nil. kong asks resolvers even
// when the environment has a value, which is to win.
func (r *fileResolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	v, ok := r.values[flag.Name]
	if _, source := environment(flag); !ok || source != "" {
		return nil, nil
	}
	return fmt.Sprint(v), nil
}

// environment returns a flag's value in the environment and the variable's name.
func environment(flag *kong.Flag) (value, name string) {
	for _, env := range flag.Envs {
		if v, ok := os.LookupEnv(env); ok {
			return v, env
		}
	}
	return "", ""
}

// Effective tells what the settings of the selected command are.
type Effective struct {
	parsed *kong.Context
	file   string
	values map[string]any
}

// Setting is one effective setting.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"` // "flag", "environment DESKBELL_X", "file NAME", "default"
}

// List returns the settings of the selected command in the grammar's order. A
// flag with the tag secret shows only whether it is set.
func (e *Effective) List() []Setting {
	given := map[*kong.Flag]bool{}
	for _, p := range e.parsed.Path {
		if p.Flag != nil && !p.Resolved {
			given[p.Flag] = true
		}
	}
	var out []Setting
	for _, f := range e.parsed.Flags() {
		if f.Name == "help" || f.Name == "json" {
			continue
		}
		s := Setting{Name: f.Name, Value: fmt.Sprint(e.parsed.FlagValue(f)), Source: "default"}
		if _, ok := e.values[f.Name]; ok {
			s.Source = "file " + e.file
		}
		if _, name := environment(f); name != "" {
			s.Source = "environment " + name
		}
		if given[f] {
			s.Source = "flag"
		}
		if f.Tag.Has("secret") && s.Value != "" {
			s.Value = "(set)"
		}
		out = append(out, s)
	}
	return out
}

// ConfigPrint is the command “config print”. Embed the settings beside it.
type ConfigPrint struct {
	JSON bool `help:"Print JSON." name:"json"`
}

// Print writes the effective settings.
func (c ConfigPrint) Print(e *Effective, s Streams) error {
	if c.JSON {
		return s.Print(e.List())
	}
	w := tabwriter.NewWriter(s.Out, 0, 4, 2, ' ', 0)
	for _, x := range e.List() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", x.Name, x.Value, x.Source)
	}
	return w.Flush()
}
