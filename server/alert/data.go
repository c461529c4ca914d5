package alert

import (
	"github.com/prometheus/prometheus/promql/parser"
)

// PromQL's comparisons leave a series out when they do not hold, which looks the same
// as a series of which there is no data. To tell the two apart a rule asks twice: for
// what its expression says, and for all series of which it could say something.

// plan is how a condition is asked for.
type plan struct {
	expr string // what holds
	data string // all that can be judged; empty: what expr does not return does not hold

	// Where the condition is one comparison with a number, data alone is asked, and
	// its values are compared here.
	op    parser.ItemType
	limit float64
	once  bool

	// Where these are moreover the newest values of one metric, which one.
	series string

	parts []Part
	alone []string // the metrics of all questions, where they can be asked of some endpoints alone
}

// planOf finds out how to ask for an expression.
func planOf(p parser.Parser, expr string) (plan, error) {
	e, err := p.ParseExpr(expr)
	if err != nil {
		return plan{}, err
	}
	out := plan{expr: expr, parts: partsOf(e), alone: seriesOf(e)}
	if b, limit, ok := comparison(e); ok && !filters(b.LHS) {
		out.data, out.op, out.limit, out.once, out.series = b.LHS.String(), b.Op, limit, true, newestOf(b.LHS)
		return out, nil
	}
	if asksForNothing(e) || !filters(e) {
		return out, nil
	}
	data, err := p.ParseExpr(expr) // a tree of its own, which may be changed
	if err != nil {
		return plan{}, err
	}
	out.data = unfiltered(data).String()
	return out, nil
}

// comparison returns a condition that compares a vector with a number.
func comparison(e parser.Expr) (*parser.BinaryExpr, float64, bool) {
	b, ok := bare(e).(*parser.BinaryExpr)
	if !ok || !b.Op.IsComparisonOperator() || b.ReturnBool || b.LHS.Type() != parser.ValueTypeVector {
		return nil, 0, false
	}
	switch n := bare(b.RHS).(type) {
	case *parser.NumberLiteral:
		return b, n.Val, true
	case *parser.UnaryExpr:
		if v, ok := bare(n.Expr).(*parser.NumberLiteral); ok && n.Op == parser.SUB {
			return b, -v.Val, true
		}
	}
	return nil, 0, false
}

// bare is an expression without parentheses around it.
func bare(e parser.Expr) parser.Expr {
	for {
		switch in := e.(type) {
		case *parser.ParenExpr:
			e = in.Expr
		case *parser.StepInvariantExpr:
			e = in.Expr
		default:
			return e
		}
	}
}

// compare is PromQL's comparison of two numbers.
func compare(op parser.ItemType, a, b float64) bool {
	switch op {
	case parser.EQLC:
		return a == b
	case parser.NEQ:
		return a != b
	case parser.GTR:
		return a > b
	case parser.LSS:
		return a < b
	case parser.GTE:
		return a >= b
	case parser.LTE:
		return a <= b
	}
	return false
}

// filters reports whether an expression leaves out series for what they say.
func filters(e parser.Expr) bool {
	found := false
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.BinaryExpr:
			found = found || n.Op.IsSetOperator() || n.Op.IsComparisonOperator() && !n.ReturnBool
		case *parser.AggregateExpr:
			found = found || chooses(n.Op)
		}
		return nil
	})
	return found
}

func chooses(op parser.ItemType) bool {
	return op == parser.TOPK || op == parser.BOTTOMK || op == parser.LIMITK || op == parser.LIMIT_RATIO
}

// asksForNothing reports whether it is the absence of data that an expression asks for.
func asksForNothing(e parser.Expr) bool {
	found := false
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if c, ok := n.(*parser.Call); ok {
			found = found || c.Func.Name == "absent" || c.Func.Name == "absent_over_time"
		}
		return nil
	})
	return found
}

// unfiltered changes an expression so that nothing is left out for what it says:
// comparisons say 0 or 1, what a series must not have is not asked for, and of an
// aggregation that chooses all are left. The labels stay those of the expression.
func unfiltered(e parser.Expr) parser.Expr {
	switch n := e.(type) {
	case *parser.ParenExpr:
		n.Expr = unfiltered(n.Expr)
	case *parser.StepInvariantExpr:
		n.Expr = unfiltered(n.Expr)
	case *parser.UnaryExpr:
		n.Expr = unfiltered(n.Expr)
	case *parser.SubqueryExpr:
		n.Expr = unfiltered(n.Expr)
	case *parser.Call:
		for i := range n.Args {
			n.Args[i] = unfiltered(n.Args[i])
		}
	case *parser.AggregateExpr:
		n.Expr = unfiltered(n.Expr)
		if chooses(n.Op) {
			return n.Expr
		}
	case *parser.BinaryExpr:
		n.LHS, n.RHS = unfiltered(n.LHS), unfiltered(n.RHS)
		switch {
		case n.Op == parser.LUNLESS:
			return &parser.ParenExpr{Expr: n.LHS}
		case n.Op.IsComparisonOperator():
			n.ReturnBool = true
		}
	}
	return e
}
