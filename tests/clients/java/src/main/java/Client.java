import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Descriptors;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.util.JsonFormat;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/** Plays a scenario with generated messages and grpc-java: Client ADDRESS SCENARIO. */
public final class Client {
  private static final int CALL_SECONDS = 30;
  private static final JsonFormat.Printer PRINTER = JsonFormat.printer().preservingProtoFieldNames();
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private static final Descriptors.ServiceDescriptor SERVICE =
      immudb.schema.Schema.getDescriptor().findServiceByName("ImmuService");

  private final ManagedChannel channel;
  private String token;

  private Client(ManagedChannel channel) {
    this.channel = channel;
  }

  private static JsonObject plain(DynamicMessage message, JsonArray ignored) throws Exception {
    JsonObject fields = JsonParser.parseString(PRINTER.print(message)).getAsJsonObject();
    for (JsonElement name : ignored) fields.remove(name.getAsString());
    return fields;
  }

  private static JsonArray arrayOf(JsonObject step, String member) {
    return step.has(member) ? step.getAsJsonArray(member) : new JsonArray();
  }

  private ClientCall<DynamicMessage, DynamicMessage> call(Descriptors.MethodDescriptor method) {
    MethodDescriptor<DynamicMessage, DynamicMessage> descriptor =
        MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
            .setType(method.isServerStreaming() ? MethodType.SERVER_STREAMING : MethodType.UNARY)
            .setFullMethodName(SERVICE.getFullName() + "/" + method.getName())
            .setRequestMarshaller(marshaller(method.getInputType()))
            .setResponseMarshaller(marshaller(method.getOutputType()))
            .build();
    Metadata headers = new Metadata();
    if (token != null) headers.put(AUTHORIZATION, token);
    return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers))
        .newCall(descriptor, CallOptions.DEFAULT.withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS));
  }

  private static MethodDescriptor.Marshaller<DynamicMessage> marshaller(
      Descriptors.Descriptor type) {
    return ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(type));
  }

  /** Returns the answer in the form of the scenario. */
  private JsonObject answer(JsonObject step) throws Exception {
    Descriptors.MethodDescriptor method =
        SERVICE.findMethodByName(step.get("method").getAsString());
    DynamicMessage.Builder request = DynamicMessage.newBuilder(method.getInputType());
    if (step.has("request")) JsonFormat.parser().merge(step.get("request").toString(), request);
    JsonObject out = new JsonObject();
    try {
      if (method.isServerStreaming()) {
        JsonArray replies = new JsonArray();
        Iterator<DynamicMessage> messages =
            ClientCalls.blockingServerStreamingCall(call(method), request.build());
        while (messages.hasNext()) replies.add(plain(messages.next(), new JsonArray()));
        out.add("replies", replies);
      } else {
        DynamicMessage reply = ClientCalls.blockingUnaryCall(call(method), request.build());
        JsonObject all = plain(reply, new JsonArray());
        if (step.has("keep")) token = all.get(step.get("keep").getAsString()).getAsString();
        out.add("reply", plain(reply, arrayOf(step, "ignore")));
      }
    } catch (StatusRuntimeException refusal) {
      out.addProperty("code", refusal.getStatus().getCode().value());
      out.addProperty("message", refusal.getStatus().getDescription());
    }
    return out;
  }

  private void play(JsonArray steps) throws Exception {
    for (int number = 0; number < steps.size(); number++) {
      JsonObject step = steps.get(number).getAsJsonObject();
      JsonObject answer = answer(step);
      for (String member : answer.keySet()) {
        if (answer.get(member).equals(step.get(member))) continue;
        throw new IllegalStateException("step " + number + " " + step.get("method") + ": " + answer);
      }
    }
    System.out.println(steps.size() + " steps");
  }

  public static void main(String[] arguments) throws Exception {
    ManagedChannel channel = ManagedChannelBuilder.forTarget(arguments[0]).usePlaintext().build();
    String scenario = Files.readString(Path.of(arguments[1]));
    new Client(channel).play(JsonParser.parseString(scenario).getAsJsonObject().getAsJsonArray("steps"));
    channel.shutdownNow();
  }
}
