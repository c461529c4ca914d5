package tray

import (
	"context"
	"errors"
	"net/url"
	"os/exec"
	"runtime"
)

// browse opens an address in the person's browser. Only web addresses are opened:
// what else the system would start for an address is not ours to say.
func browse(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return errors.New("the portal's link is not a web address")
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
