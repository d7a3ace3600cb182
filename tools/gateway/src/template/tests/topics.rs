//! SNS topics and their subscriptions.

use super::*;

/// The template with a queue, and these resources.
fn with_resources(resources: &str) -> String {
    changed(
        "Resources:\n",
        &format!("Resources:\n  Jobs: {{ Type: 'AWS::SQS::Queue' }}\n{resources}"),
    )
}

#[test]
fn subscriptions_come_from_topics_events_and_resources_of_their_own() {
    let source = with_resources(
        "  News:\n    Type: AWS::SNS::Topic\n    Properties: { TopicName: news, Subscription: [{ Protocol: sqs, Endpoint: !GetAtt Jobs.Arn }] }\n  \
         More:\n    Type: AWS::SNS::Subscription\n    Properties: { TopicArn: !Ref News, Protocol: lambda, Endpoint: !GetAtt Talk.Arn, \
         FilterPolicy: { kind: [a] }, FilterPolicyScope: MessageBody }\n",
    )
    .replace(
        "        Often:",
        "        Heard: { Type: SNS, Properties: { Topic: !GetAtt News.TopicArn } }\n        Often:",
    );
    let stack = reading(&source).unwrap();
    let [news] = exactly(&stack.topics);
    assert_eq!(news.name, "news");
    let function = Subscriber::Function("Talk".to_owned());
    let queue = Subscriber::Queue("local-Jobs".to_owned());
    let subscribers: Vec<_> = news
        .subscriptions
        .iter()
        .map(|one| one.to.clone())
        .collect();
    assert_eq!(subscribers, [function.clone(), queue, function]);
    assert!(news.subscriptions[2].filters_body && news.subscriptions[2].filter.is_some());
}

#[test]
fn a_topic_of_another_stack_exists_when_something_subscribes_to_it() {
    for topic in [
        "'arn:aws:sns:eu-west-1:1:elsewhere'",
        "!ImportValue elsewhere",
    ] {
        let event = format!(
            "        Heard: {{ Type: SNS, Properties: {{ Topic: {topic} }} }}\n        Often:"
        );
        let stack = reading(&changed("        Often:", &event)).unwrap();
        assert_eq!(stack.topics[0].name, "elsewhere");
    }
}

#[test]
fn subscriptions_that_cannot_be_served_are_reported() {
    let topic = |subscription: &str| {
        with_resources(&format!(
            "  News:\n    Type: AWS::SNS::Topic\n    Properties: {{ Subscription: [{subscription}] }}\n"
        ))
    };
    remarked(
        &topic("{ Protocol: email, Endpoint: a@b.example }"),
        "Subscription:",
        "left out … the email subscription of a@b.example",
    );
    refused(
        &topic("{ Protocol: sqs, Endpoint: !GetAtt Jobs.Arn, FilterPolicy: { kind: text } }"),
        "Subscription:",
        "FilterPolicy … expected a list",
    );
}
