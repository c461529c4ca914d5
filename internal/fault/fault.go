// Package fault holds the error that crosses Deskbell's borders: a code for the
// program, a sentence for the person, and the cause for the log.
//
// An error without a code is an accident of ours: its text is for the log only,
// and a person is told Sentence's fixed words instead.
package fault

import (
	"errors"
	"fmt"

	"github.com/deskbell/deskbell/internal/tongue"
)

// Code says what kind of failure it is. It travels on the wire, in REST
// problems and in exit statuses, so a code is never renamed.
type Code string

// The codes. Each is one thing a caller can act upon differently.
const (
	Invalid         Code = "invalid"         // the input breaks a rule; the sentence names the field
	Unauthenticated Code = "unauthenticated" // nobody we know is asking
	Forbidden       Code = "forbidden"       // known, and not allowed
	NotFound        Code = "not_found"       // there is none, or none that the caller may see
	Conflict        Code = "conflict"        // somebody else was first
	Stale           Code = "stale"           // the caller saw an older version
	TooLarge        Code = "too_large"       // over a stated limit
	TooMany         Code = "too_many"        // over a stated rate; try later
	Expired         Code = "expired"         // it was valid once
	Used            Code = "used"            // it was valid, and spent
	Held            Code = "held"            // an endpoint whose identity is in doubt
	WrongServer     Code = "wrong_server"    // the other side is not who was pinned
	Unsupported     Code = "unsupported"     // a version, type or platform we do not speak
	Unavailable     Code = "unavailable"     // away for now; trying again is right
	Full            Code = "full"            // no space: nothing was saved
	Unknown         Code = "unknown"         // it may or may not have happened
	Internal        Code = "internal"        // our own mistake
)

// Error is a failure that somebody will read.
type Error struct {
	Code     Code
	Sentence string // one sentence for a person: what happened and what to do
	Field    string // the input at fault, as the caller named it; often empty
	Err      error  // the cause, for the log; often nil
	// Text is the sentence for readers of other languages. It is zero where only
	// technicians read it, and in what older programs say.
	Text tongue.Text
}

// Error returns the sentence and the cause. It is meant for logs.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Sentence
	}
	return e.Sentence + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error with a code and a sentence.
func New(code Code, sentence string) *Error {
	return &Error{Code: code, Sentence: sentence}
}

// Say returns an error whose sentence is a text of the catalogue: an employee may
// read it, in their language.
func Say(code Code, id string, args ...tongue.Arg) *Error {
	t := tongue.Of(id, args...)
	return &Error{Code: code, Sentence: t.English(), Text: t}
}

// Because keeps the accident that is the cause, for the log.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// At names the input at fault.
func (e *Error) At(field string) *Error {
	e.Field = field
	return e
}

// Newf is New with a formatted sentence.
func Newf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Sentence: fmt.Sprintf(format, args...)}
}

// Field returns an Invalid error about one input.
func Field(field, sentence string) *Error {
	return &Error{Code: Invalid, Sentence: sentence, Field: field}
}

// Wrap gives an accident a code and a sentence, and keeps it as the cause.
func Wrap(err error, code Code, sentence string) *Error {
	return &Error{Code: code, Sentence: sentence, Err: err}
}

// CodeOf returns the code of the outermost Error in err's chain, Internal for
// an error that has none, and the empty code for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// Is reports whether err carries the code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }

// Sentence returns what to tell a person about err. Of an error without a code
// it tells nothing but that it happened: its text may hold what they must not see.
func Sentence(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Sentence
	}
	if err == nil {
		return ""
	}
	return "Something went wrong on our side. It has been written to the log; try again."
}

// TextOf returns what Sentence tells, for readers of other languages; it is zero
// where there is nothing but English.
func TextOf(err error) tongue.Text {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Text
	}
	return tongue.Text{}
}

// FieldOf returns the input at fault, or "".
func FieldOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Field
	}
	return ""
}
