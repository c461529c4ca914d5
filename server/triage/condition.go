package triage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"cel.dev/cel-go/cel"

	"github.com/deskbell/deskbell/internal/fault"
)

// Budgets of one condition on one ticket. Steps are counted by CEL and are the same
// on every machine: a contains over the longest message is some thousand. The clock
// is a second fence, for what steps do not see.
const (
	maxSteps = 2_000_000
	maxTime  = time.Second
	// checkEvery is how many turns of a comprehension pass between looks at the clock.
	checkEvery = 100
)

// Condition is a condition that has been read and found well-typed.
type Condition struct {
	source  string
	program cel.Program
}

// environment is made once: it is the same for every condition, and costs a
// millisecond.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	options := []cel.EnvOption{cel.ParserExpressionSizeLimit(MaxCondition), cel.ParserRecursionLimit(50), cel.ClearMacros(), cel.Macros(cel.HasMacro, cel.ExistsMacro, cel.AllMacro, cel.ExistsOneMacro)}
	for _, f := range facts {
		options = append(options, cel.Variable(f.name, f.kind))
	}
	return cel.NewEnv(options...)
})

// Compile reads a condition. The error is fault.Invalid about the field “when”,
// and says where it is.
func Compile(source string) (*Condition, error) {
	switch {
	case strings.TrimSpace(source) == "":
		return nil, fault.Field("when", "The rule has no condition. Write “true” for every ticket.")
	case utf8.RuneCountInString(source) > MaxCondition:
		return nil, fault.Field("when", "The condition is longer than 4000 characters. Make several rules of it.")
	}
	env, err := environment()
	if err != nil {
		return nil, fmt.Errorf("making the environment of conditions: %w", err)
	}
	ast, issues := env.Compile(source)
	if issues != nil && issues.Err() != nil {
		where, what := "", "it cannot be read"
		if list := issues.Errors(); len(list) > 0 {
			what = strings.ReplaceAll(list[0].Message, "\n", " ")
			where = fmt.Sprintf(" in line %d, column %d", max(list[0].Location.Line(), 1), list[0].Location.Column()+1)
		}
		return nil, fault.Field("when", "The condition is not understood"+where+": "+clip(what, 200)+".")
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return nil, fault.Field("when", "A condition says yes or no; this one gives a "+ast.OutputType().String()+".")
	}
	program, err := env.Program(ast, cel.CostLimit(maxSteps), cel.InterruptCheckFrequency(checkEvery), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, fault.Field("when", "The condition is not understood: "+clip(err.Error(), 200)+".")
	}
	return &Condition{source, program}, nil
}

// Errors of a condition that was stopped.
var (
	errSteps = errors.New("its condition needs more than 2 000 000 steps")
	errTime  = errors.New("its condition runs longer than a second")
)

// Fits reports whether the condition holds. A condition that exceeds its budget
// gives errSteps or errTime; one that cannot be answered for this ticket, as the
// first of no findings, another error.
func (c *Condition) Fits(ctx context.Context, f *Facts) (bool, error) {
	limited, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	out, _, err := c.program.ContextEval(limited, &vars{Facts: f})
	switch {
	// First: “x || true” is true in CEL also when x was cut short.
	case ctx.Err() != nil:
		return false, ctx.Err()
	case limited.Err() != nil:
		return false, errTime
	case err == nil:
		yes, ok := out.Value().(bool)
		return yes && ok, nil
	case strings.Contains(err.Error(), "cost limit exceeded"):
		return false, errSteps
	}
	return false, fmt.Errorf("its condition cannot be answered: %s", clip(err.Error(), 200))
}

// clip shortens a text for a sentence.
func clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	r := []rune(s)
	return string(r[:most-1]) + "…"
}
