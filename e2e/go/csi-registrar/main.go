// Command csi-registrar tells the kubelet of a CSI driver, as node-driver-registrar does on other nodes: it answers on a
// socket in the kubelet's directory of plugins, for as long as it runs.
//
//	csi-registrar DRIVER ENDPOINT SOCKET
package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

type registrar struct {
	registration.UnimplementedRegistrationServer
	info *registration.PluginInfo
}

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: csi-registrar DRIVER ENDPOINT SOCKET"))
	}
	driver, endpoint, socket := os.Args[1], os.Args[2], os.Args[3]
	// One that was killed left it behind.
	if err := os.Remove(socket); err != nil && !os.IsNotExist(err) {
		fail(err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		fail(err)
	}
	server := grpc.NewServer()
	registration.RegisterRegistrationServer(server, &registrar{info: &registration.PluginInfo{
		Type: registration.CSIPlugin, Name: driver, Endpoint: endpoint, SupportedVersions: []string{"1.0.0"},
	}})
	fail(server.Serve(listener))
}

func (r *registrar) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return r.info, nil
}

// NotifyRegistrationStatus is what the kubelet made of it. A failure is for the log; the kubelet does not ask again.
func (r *registrar) NotifyRegistrationStatus(
	_ context.Context,
	status *registration.RegistrationStatus,
) (*registration.RegistrationStatusResponse, error) {
	fmt.Fprintf(os.Stderr, "registered: %t %s\n", status.PluginRegistered, status.Error)
	return &registration.RegistrationStatusResponse{}, nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
