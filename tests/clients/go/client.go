// Plays a scenario with generated stubs and grpc-go: client ADDRESS SCENARIO.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"reflect"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"immudb.test/client/pb"
	"immudb.test/client/schema"
)

const callTimeout = 30 * time.Second

type step struct {
	Method  string
	Request json.RawMessage
	Reply   map[string]any
	Replies []any
	Code    int
	Message string
	Ignore  []string
	Keep    string
}

func plain(message proto.Message, ignored []string) (map[string]any, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
	if err != nil {
		return nil, err
	}
	fields := map[string]any{}
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	for _, name := range ignored {
		delete(fields, name)
	}
	return fields, nil
}

func receiveAll(stream grpc.ServerStreamingClient[pb.KVList]) ([]any, error) {
	replies := []any{}
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return replies, nil
		}
		if err != nil {
			return nil, err
		}
		fields, err := plain(message, nil)
		if err != nil {
			return nil, err
		}
		replies = append(replies, fields)
	}
}

// call makes one unary call through the stub's method of that name.
func call(ctx context.Context, client schema.ImmuServiceClient, s step) (proto.Message, error) {
	method := reflect.ValueOf(client).MethodByName(s.Method)
	request := reflect.New(method.Type().In(1).Elem())
	if len(s.Request) > 0 {
		if err := protojson.Unmarshal(s.Request, request.Interface().(proto.Message)); err != nil {
			log.Fatalf("%s: %v", s.Method, err)
		}
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), request})
	if err, failed := results[1].Interface().(error); failed {
		return nil, err
	}
	return results[0].Interface().(proto.Message), nil
}

func play(client schema.ImmuServiceClient, s step, token *string) error {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	if *token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", *token)
	}
	if s.Replies != nil {
		stream, err := client.Dump(ctx, &emptypb.Empty{})
		if err != nil {
			return err
		}
		replies, err := receiveAll(stream)
		if err == nil && !reflect.DeepEqual(replies, s.Replies) {
			err = fmt.Errorf("answered %v", replies)
		}
		return err
	}
	reply, err := call(ctx, client, s)
	if s.Code != 0 {
		got := status.Convert(err)
		if int(got.Code()) != s.Code || got.Message() != s.Message {
			return fmt.Errorf("status %d %q", got.Code(), got.Message())
		}
		return nil
	}
	if err != nil {
		return err
	}
	if s.Keep != "" {
		fields := reply.ProtoReflect()
		*token = fields.Get(fields.Descriptor().Fields().ByTextName(s.Keep)).String()
	}
	fields, err := plain(reply, s.Ignore)
	if err == nil && !reflect.DeepEqual(fields, s.Reply) {
		err = fmt.Errorf("answered %v", fields)
	}
	return err
}

func main() {
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var scenario struct{ Steps []step }
	if err := json.Unmarshal(text, &scenario); err != nil {
		log.Fatal(err)
	}
	connection, err := grpc.NewClient(os.Args[1],
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	client := schema.NewImmuServiceClient(connection)
	token := ""
	for number, s := range scenario.Steps {
		if err := play(client, s, &token); err != nil {
			log.Fatalf("step %d %s: %v", number, s.Method, err)
		}
	}
	fmt.Printf("%d steps\n", len(scenario.Steps))
}
