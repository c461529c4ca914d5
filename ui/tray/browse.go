package tray

import (
	"context"
	"os/exec"
	"runtime"

	"github.com/deskbell/deskbell/ui/model"
)

// browse opens an address in the person's browser.
func browse(address string) error {
	u, err := model.WebAddress(address)
	if err != nil {
		return err
	}
	name, args := browser(u.String())
	cmd := exec.CommandContext(context.Background(), name, args...) // the browser outlives us
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait()
	return nil
}

func browser(address string) (string, []string) {
	switch runtime.GOOS {
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler", address}
	case "darwin":
		return "/usr/bin/open", []string{address}
	}
	return "xdg-open", []string{address}
}
