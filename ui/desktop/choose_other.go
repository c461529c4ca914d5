//go:build !linux

package desktop

import "errors"

// choose says that there is no dialog but Fyne's.
func choose(done func(paths []string, err error)) { done(nil, errors.ErrUnsupported) }
