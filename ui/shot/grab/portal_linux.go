package grab

import (
	"context"
	"errors"
	"fmt"
	"image"
	"net/url"
	"os"
	"strings"

	"github.com/godbus/dbus/v5"
	"github.com/oklog/ulid/v2"

	"github.com/deskbell/deskbell/internal/fault"
)

// The desktop portal: https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Screenshot.html
const (
	portalName     = "org.freedesktop.portal.Desktop"
	portalPath     = dbus.ObjectPath("/org/freedesktop/portal/desktop")
	screenshotName = "org.freedesktop.portal.Screenshot"
	requestName    = "org.freedesktop.portal.Request"
)

// What a request of the portal ends with.
const (
	granted  = 0
	declined = 1
)

// fromPortal asks the desktop for a picture. The desktop may ask the person.
func fromPortal(ctx context.Context, bus string) (Shot, error) {
	if bus == "" {
		return Shot{}, errors.New("there is no session bus")
	}
	c, err := dbus.Connect(bus, dbus.WithContext(ctx))
	if err != nil {
		return Shot{}, err
	}
	defer c.Close()
	path, err := askPortal(ctx, c)
	if err != nil {
		return Shot{}, err
	}
	// It was made for us, and shows what the person may be about to take out.
	defer os.Remove(path)
	m, err := readPNG(path)
	if err != nil {
		return Shot{}, err
	}
	return sideBySide([]image.Image{m})
}

// askPortal returns the file that the portal has written.
func askPortal(ctx context.Context, c *dbus.Conn) (string, error) {
	token := "deskbell" + ulid.Make().String()
	me := strings.ReplaceAll(strings.TrimPrefix(c.Names()[0], ":"), ".", "_")
	handle := dbus.ObjectPath("/org/freedesktop/portal/desktop/request/" + me + "/" + token)
	// The answer may come before the call returns, so it is waited for first.
	signals := make(chan *dbus.Signal, 4)
	c.Signal(signals)
	follow := func(path dbus.ObjectPath) error {
		return c.AddMatchSignalContext(ctx, dbus.WithMatchObjectPath(path), dbus.WithMatchInterface(requestName), dbus.WithMatchMember("Response"))
	}
	if err := follow(handle); err != nil {
		return "", err
	}
	options := map[string]dbus.Variant{"handle_token": dbus.MakeVariant(token), "interactive": dbus.MakeVariant(false), "modal": dbus.MakeVariant(true)}
	var given dbus.ObjectPath
	if err := c.Object(portalName, portalPath).CallWithContext(ctx, screenshotName+".Screenshot", 0, "", options).Store(&given); err != nil {
		return "", err
	}
	if given != handle { // portals before 0.9 choose a path of their own
		if err := follow(given); err != nil {
			return "", err
		}
	}
	for {
		select {
		case <-ctx.Done():
			c.Object(portalName, given).Go(requestName+".Close", dbus.FlagNoReplyExpected, nil)
			return "", ctx.Err()
		case s, ok := <-signals:
			if !ok {
				return "", errors.New("the session bus went away")
			}
			if s.Name == requestName+".Response" && (s.Path == given || s.Path == handle) {
				return answered(s.Body)
			}
		}
	}
}

// answered reads what the portal has answered.
func answered(body []any) (string, error) {
	var code uint32
	var results map[string]dbus.Variant
	if err := dbus.Store(body, &code, &results); err != nil {
		return "", err
	}
	switch code {
	case granted:
	case declined:
		return "", fault.Say(fault.Forbidden, "error.shot_declined")
	default:
		return "", fmt.Errorf("the desktop portal ended the request with %d", code)
	}
	uri, _ := results["uri"].Value().(string)
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" || u.Path == "" {
		return "", fmt.Errorf("the desktop portal named no file, but %q", uri)
	}
	return u.Path, nil
}
