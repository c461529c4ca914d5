//go:build !linux && !windows

package probe

import (
	"context"
	"os/exec"
)

// profile runs system_profiler for one kind of data.
func profile(ctx context.Context, kind string) ([]byte, error) {
	program, err := exec.LookPath("system_profiler")
	if err != nil {
		return nil, unsupported("The program system_profiler, which tells of it, is not there.")
	}
	return output(ctx, 16<<20, program, "-json", "-detailLevel", "mini", kind)
}
